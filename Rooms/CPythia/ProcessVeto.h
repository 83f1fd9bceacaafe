// A veto on the hard process before showers, and on its scalar sum within them, from plain numbers.
#pragma once
#include "CPythia.h"
#include "Pythia8/UserHooks.h"
#include <vector>

class ProcessVeto : public Pythia8::UserHooks {
public:
  ProcessVeto(const CPythiaVeto &veto, std::vector<CPythiaDecayRule> rules, int64_t inARowMax, int64_t inShowerMax)
      : veto(veto), rules(std::move(rules)), inARowMax(inARowMax), inShowerMax(inShowerMax) {}

  bool canVetoProcessLevel() override { return true; }
  bool doVetoProcessLevel(Pythia8::Event &process) override;

  bool canVetoPT() override { return veto.shower_scale > 0; }
  double scaleVetoPT() override { return veto.shower_scale; }
  bool doVetoPT(int position, const Pythia8::Event &event) override;

  int64_t count() const { return total; }
  double showerSum() const { return sum; }

private:
  CPythiaVeto veto;
  std::vector<CPythiaDecayRule> rules;
  int64_t inARowMax, inShowerMax;
  int64_t inARow = 0, inShower = 0, total = 0;
  // Pythia's record of the hard process, with the decays of its resonances.
  const Pythia8::Event *process = nullptr;
  double sum = 0;

  bool passes(const Pythia8::Event &process) const;
};
