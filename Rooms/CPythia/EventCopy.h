// Copies the rows that are asked for from Pythia's event records into plain arrays.
#pragma once
#include "CPythia.h"
#include "Pythia8/Event.h"
#include <vector>

class EventCopy {
public:
  // The rows of `event` in the arrays of this object; the pointers of `out` stay valid until the next call.
  void copy(const Pythia8::Event &event, const CPythiaFilter &filter, CPythiaEvent &out);

private:
  std::vector<int32_t> pdgID, role, mother;
  std::vector<double> px, py, pz, energy, mass, x, y, z, t;
  std::vector<int8_t> charge;
  // For each entry of Pythia's record the row of the entry or of its nearest ancestor with one, or -1.
  std::vector<int32_t> rowOf;

  void clear();
  void add(const Pythia8::Particle &particle, int32_t kind, int32_t motherRow);
};
