#include "CallbackProcess.h"
#include <cmath>
#include <stdexcept>

using namespace Pythia8;

void CallbackProcess::initProc() {
  openForQuark = particleDataPtr->resOpenFrac(description.id3, description.id4);
  openForAntiquark = particleDataPtr->resOpenFrac(conjugate(description.id3), conjugate(description.id4));
}

double CallbackProcess::sigmaHat() {
  CPythiaKinematics kinematics;
  kinematics.s_hat = sH;
  // Pythia's tHat is (p_1 - p_3)^2. With the gluon from beam A the fermion is parton 2, and
  // (p_2 - p_3)^2 is Pythia's uHat.
  kinematics.t_hat = fermionIsFirst() ? tH : uH;
  kinematics.u_hat = fermionIsFirst() ? uH : tH;
  kinematics.m3 = m3;
  kinematics.m4 = m4;
  kinematics.alpha_s = alpS;
  kinematics.alpha_em = alpEM;
  kinematics.id1 = id1;
  kinematics.id2 = id2;
  const double sigma = callback(context, &kinematics);
  if (!std::isfinite(sigma) || sigma < 0)
    throw std::runtime_error(
        title + ": the matrix element gave " + std::to_string(sigma) + " at sHat = " + std::to_string(sH) +
        ", tHat = " + std::to_string(kinematics.t_hat) + " GeV^2 for partons " + std::to_string(id1) + " and " +
        std::to_string(id2));
  return sigma * (fermion() > 0 ? openForQuark : openForAntiquark);
}

void CallbackProcess::setIdColAcol() {
  const bool quark = fermion() > 0;
  setId(id1, id2, quark ? description.id3 : conjugate(description.id3),
        quark ? description.id4 : conjugate(description.id4));
  switch (description.colour) {
  case CPYTHIA_COLOUR_QG_TO_TRIPLET:
    if (fermionIsFirst())
      setColAcol(1, 0, 2, 1, 2, 0, 0, 0);
    else
      setColAcol(2, 1, 1, 0, 2, 0, 0, 0);
    break;
  case CPYTHIA_COLOUR_OCTET_TO_PAIR:
    setColAcol(1, 0, 0, 2, 1, 0, 0, 2);
    break;
  case CPYTHIA_COLOUR_SINGLET_TO_PAIR:
    setColAcol(1, 0, 0, 1, 2, 0, 0, 2);
    break;
  default:
    setColAcol(1, 0, 0, 1, 0, 0, 0, 0);
  }
  if (!quark) swapColAcol();
}

double CallbackProcess::weightDecay(Event &process, int first, int end) {
  // Decays of Standard-Model resonances follow Pythia's own angular weights.
  const int parent = process[process[first].mother1()].idAbs();
  if (parent == 6) return weightTopDecay(process, first, end);
  if (parent == 25) return weightHiggsDecay(process, first, end);
  return 1;
}
