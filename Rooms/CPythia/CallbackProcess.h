// A 2→2 process of Pythia whose dσ/dt̂ is a C function.
#pragma once
#include "CPythia.h"
#include "Pythia8/SigmaProcess.h"
#include <string>

class CallbackProcess : public Pythia8::Sigma2Process {
public:
  CallbackProcess(const CPythiaProcess &process, CPythiaSigma sigma, void *context)
      : title(process.name), description(process), callback(sigma), context(context) {
    description.name = title.c_str();
  }

  void initProc() override;
  double sigmaHat() override;
  void setIdColAcol() override;
  double weightDecay(Pythia8::Event &process, int first, int end) override;

  std::string name() const override { return title; }
  int code() const override { return description.code; }
  std::string inFlux() const override { return description.flux == CPYTHIA_FLUX_QG ? "qg" : "qqbarSame"; }
  int id3Mass() const override { return std::abs(description.id3); }
  int id4Mass() const override { return std::abs(description.id4); }
  int resonanceA() const override { return description.resonance; }
  bool isSChannel() const override { return description.s_channel_only != 0; }

private:
  std::string title;
  CPythiaProcess description;
  CPythiaSigma callback;
  void *context;
  double openForQuark = 1, openForAntiquark = 1;

  // Whether the parton of beam A is the incoming fermion a of CPythiaKinematics.
  bool fermionIsFirst() const { return id1 != 21; }
  int fermion() const { return fermionIsFirst() ? id1 : id2; }
  int conjugate(int id) const { return particleDataPtr->hasAnti(id) ? -id : id; }
};
