#include "ProcessVeto.h"
#include <stdexcept>
#include <string>

using namespace Pythia8;

namespace {

bool isNeutrino(const Particle &particle) {
  const int id = particle.idAbs();
  return id == 12 || id == 14 || id == 16;
}

bool satisfies(const Event &process, const CPythiaDecayRule &rule) {
  int found = 0;
  for (int i = 0; i < process.size(); ++i) {
    const Particle &parent = process[i];
    if (parent.idAbs() != rule.parent || parent.isFinal()) continue;
    const int first = parent.daughter1(), last = parent.daughter2();
    if (first <= 0 || last != first + 1) continue;
    const int a = process[first].idAbs(), b = process[last].idAbs();
    if ((a == rule.first && b == rule.second) || (a == rule.second && b == rule.first)) ++found;
  }
  return found >= rule.count_min && found <= rule.count_max;
}

// Sum of pT of what an entry of the process record decayed to, neutrinos left out, moved by the recoil of its ancestors.
double decayedSum(const Event &process, int entry, const RotBstMatrix &recoil) {
  const Particle &particle = process[entry];
  double sum = 0;
  if (particle.isFinal()) {
    Vec4 momentum = particle.p();
    momentum.rotbst(recoil);
    return isNeutrino(particle) ? 0 : momentum.pT();
  }
  for (int daughter : particle.daughterList()) sum += decayedSum(process, daughter, recoil);
  return sum;
}

} // namespace

bool ProcessVeto::passes(const Event &process) const {
  int leptons = 0;
  double sum = 0;
  for (int i = 0; i < process.size(); ++i) {
    const Particle &particle = process[i];
    if (!particle.isFinal() || isNeutrino(particle)) continue;
    const double pt = particle.pT();
    sum += pt;
    const int id = particle.idAbs();
    const bool counts = id == 11 || id == 13 || (id == 15 && veto.lepton_count_taus);
    if (counts && pt > veto.lepton_pt_min && std::abs(particle.eta()) < veto.lepton_eta_max) ++leptons;
  }
  if (leptons < veto.lepton_count_min || sum < veto.scalar_sum_min) return false;
  for (const CPythiaDecayRule &rule : rules)
    if (!satisfies(process, rule)) return false;
  return true;
}

bool ProcessVeto::doVetoProcessLevel(Event &process) {
  this->process = &process;
  if (passes(process)) {
    inARow = 0;
    return false;
  }
  ++total;
  // Pythia tries again until an event passes; a veto that nothing passes would keep it forever.
  if (++inARow >= inARowMax)
    throw std::runtime_error("the veto refused " + std::to_string(inARow) + " hard processes in a row");
  return true;
}

bool ProcessVeto::doVetoPT(int position, const Event &event) {
  // Asked again in the showers of resonances' decays, for each of them.
  if (position == 5 || !process) return false;
  sum = 0;
  for (int i = 0; i < event.size(); ++i) {
    const Particle &particle = event[i];
    if (!particle.isFinal() || isNeutrino(particle)) continue;
    // Showers copy the hard process to the same places of the event; its resonances (status 22) decay after them.
    const int produced = particle.iTopCopyId();
    if (produced < process->size() && (*process)[produced].statusAbs() == 22 &&
        (*process)[produced].id() == particle.id()) {
      RotBstMatrix recoil;
      recoil.bst((*process)[produced].p(), particle.p());
      sum += decayedSum(*process, produced, recoil);
    } else {
      sum += particle.pT();
    }
  }
  if (sum >= veto.shower_sum_min && sum < veto.shower_sum_max) {
    inShower = 0;
    return false;
  }
  ++total;
  if (++inShower >= inShowerMax)
    throw std::runtime_error("the slice's showerSum refused " + std::to_string(inShower) + " showers in a row");
  return true;
}
