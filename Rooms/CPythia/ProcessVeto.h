// A veto on the hard process, before showers, from plain numbers.
#pragma once
#include "CPythia.h"
#include "Pythia8/UserHooks.h"
#include <vector>

class ProcessVeto : public Pythia8::UserHooks {
public:
  ProcessVeto(const CPythiaVeto &veto, std::vector<CPythiaDecayRule> rules, int64_t inARowMax)
      : veto(veto), rules(std::move(rules)), inARowMax(inARowMax) {}

  bool canVetoProcessLevel() override { return true; }
  bool doVetoProcessLevel(Pythia8::Event &process) override;

  int64_t count() const { return total; }

private:
  CPythiaVeto veto;
  std::vector<CPythiaDecayRule> rules;
  int64_t inARowMax;
  int64_t inARow = 0, total = 0;

  bool passes(const Pythia8::Event &process) const;
};
