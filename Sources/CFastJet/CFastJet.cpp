#include "CFastJet.h"

#include <algorithm>
#include <cmath>
#include <fastjet/ClusterSequence.hh>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <vector>

namespace {

fastjet::JetDefinition make(const cfastjet_definition &d) {
  fastjet::RecombinationScheme scheme = fastjet::E_scheme;
  if (d.recombination == CFASTJET_PT_SCHEME) scheme = fastjet::pt_scheme;
  if (d.recombination == CFASTJET_WINNER_TAKES_ALL_PT) scheme = fastjet::WTA_pt_scheme;
  switch (d.algorithm) {
    case CFASTJET_KT: return fastjet::JetDefinition(fastjet::kt_algorithm, d.radius, scheme);
    case CFASTJET_CAMBRIDGE_AACHEN: return fastjet::JetDefinition(fastjet::cambridge_algorithm, d.radius, scheme);
    case CFASTJET_ANTI_KT: return fastjet::JetDefinition(fastjet::antikt_algorithm, d.radius, scheme);
    default: return fastjet::JetDefinition(fastjet::genkt_algorithm, d.radius, d.power, scheme);
  }
}

/* First-use state of FastJet (banner, warning counters) is made here, before any other thread can reach it. */
void prepare() {
  fastjet::ClusterSequence::set_fastjet_banner_stream(nullptr);
  fastjet::Error::set_print_errors(false);
  std::vector<fastjet::PseudoJet> event;
  for (int i = 0; i < 12; ++i) event.emplace_back(std::cos(i), std::sin(i), 0.1 * i, 2.0 + i);
  for (int algorithm = 0; algorithm < 4; ++algorithm) {
    fastjet::ClusterSequence sequence(event, make({algorithm, CFASTJET_E_SCHEME, 0.4, -1.0}));
    (void)sequence.inclusive_jets(1.0);
  }
}

std::once_flag prepared;

}  // namespace

struct cfastjet_clusterer {
  std::vector<fastjet::PseudoJet> inputs;
  std::unique_ptr<fastjet::ClusterSequence> sequence;
  std::vector<double> px, py, pz, energy;
  std::vector<int32_t> offsets, constituents;
  std::vector<int32_t> parent1, parent2;
  std::vector<double> distance;
  std::string error;

  void clear() {
    px.clear(); py.clear(); pz.clear(); energy.clear();
    constituents.clear();
    offsets.assign(1, 0);
  }

  int fail(const std::string &message) {
    clear();
    error = message;
    return 1;
  }

  void push(double x, double y, double z, double e) {
    px.push_back(x); py.push_back(y); pz.push_back(z); energy.push_back(e);
    offsets.push_back(static_cast<int32_t>(constituents.size()));
  }

  void publish(std::vector<fastjet::PseudoJet> jets) {
    clear();
    std::sort(jets.begin(), jets.end(), [](const fastjet::PseudoJet &a, const fastjet::PseudoJet &b) {
      return a.perp2() > b.perp2();
    });
    for (const auto &jet : jets) {
      for (const auto &part : sequence->constituents(jet)) constituents.push_back(part.user_index());
      push(jet.px(), jet.py(), jet.pz(), jet.E());
    }
  }
};

namespace {

/* Runs the body; no exception leaves the room. */
template <typename Body>
int guarded(cfastjet_clusterer *self, Body body) {
  try {
    return body();
  } catch (const fastjet::Error &e) {
    return self->fail(e.message());
  } catch (const std::exception &e) {
    return self->fail(e.what());
  } catch (...) {
    return self->fail("an unknown C++ exception");
  }
}

}  // namespace

extern "C" {

cfastjet_clusterer *cfastjet_create(void) {
  try {
    std::call_once(prepared, prepare);
    auto *self = new cfastjet_clusterer();
    self->offsets.assign(1, 0);
    return self;
  } catch (...) {
    return nullptr;
  }
}

void cfastjet_destroy(cfastjet_clusterer *self) { delete self; }

const char *cfastjet_last_error(const cfastjet_clusterer *self) { return self->error.c_str(); }

int cfastjet_cluster(cfastjet_clusterer *self, const double *px, const double *py, const double *pz, const double *energy,
                     size_t count, cfastjet_definition definition) {
  return guarded(self, [&]() -> int {
    self->clear();
    self->sequence.reset();
    self->inputs.clear();
    self->inputs.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      const bool finite = std::isfinite(px[i]) && std::isfinite(py[i]) && std::isfinite(pz[i]) && std::isfinite(energy[i]);
      if (!finite || energy[i] == 0) {
        return self->fail("momentum " + std::to_string(i) + " is (" + std::to_string(px[i]) + ", " + std::to_string(py[i]) +
                          ", " + std::to_string(pz[i]) + "; " + std::to_string(energy[i]) +
                          ") GeV; need finite components and an energy that is not zero");
      }
      self->inputs.emplace_back(px[i], py[i], pz[i], energy[i]);
      self->inputs.back().set_user_index(static_cast<int>(i));
    }
    if (count > 0) self->sequence = std::make_unique<fastjet::ClusterSequence>(self->inputs, make(definition));
    return 0;
  });
}

int cfastjet_inclusive(cfastjet_clusterer *self, double pt_min) {
  return guarded(self, [&]() -> int {
    self->clear();
    if (self->sequence) self->publish(self->sequence->inclusive_jets(pt_min));
    return 0;
  });
}

int cfastjet_exclusive_count(cfastjet_clusterer *self, int32_t jets) {
  return guarded(self, [&]() -> int {
    self->clear();
    if (self->sequence) self->publish(self->sequence->exclusive_jets_up_to(static_cast<int>(jets)));
    return 0;
  });
}

int cfastjet_exclusive_distance(cfastjet_clusterer *self, double d_cut) {
  return guarded(self, [&]() -> int {
    self->clear();
    if (self->sequence) self->publish(self->sequence->exclusive_jets(d_cut));
    return 0;
  });
}

int cfastjet_trim(cfastjet_clusterer *self, cfastjet_definition definition, double fraction) {
  return guarded(self, [&]() -> int {
    const std::vector<double> jx = self->px, jy = self->py;
    const std::vector<int32_t> from = self->offsets, parts = self->constituents;
    const fastjet::JetDefinition subjets = make(definition);
    self->clear();
    std::vector<fastjet::PseudoJet> members;
    for (size_t j = 0; j + 1 < from.size(); ++j) {
      members.clear();
      for (int32_t k = from[j]; k < from[j + 1]; ++k) members.push_back(self->inputs[parts[k]]);
      const fastjet::ClusterSequence again(members, subjets);
      fastjet::PseudoJet sum(0, 0, 0, 0);
      for (const auto &subjet : again.inclusive_jets(fraction * std::hypot(jx[j], jy[j]))) {
        sum += subjet;
        for (const auto &part : again.constituents(subjet)) self->constituents.push_back(part.user_index());
      }
      self->push(sum.px(), sum.py(), sum.pz(), sum.E());
    }
    return 0;
  });
}

cfastjet_jets cfastjet_result(const cfastjet_clusterer *self) {
  return {self->px.size(), self->px.data(),      self->py.data(),          self->pz.data(),
          self->energy.data(), self->offsets.data(), self->constituents.data()};
}

size_t cfastjet_history(cfastjet_clusterer *self, const int32_t **parent1, const int32_t **parent2, const double **distance) {
  self->parent1.clear();
  self->parent2.clear();
  self->distance.clear();
  if (self->sequence) {
    for (const auto &step : self->sequence->history()) {
      const bool input = step.parent1 == fastjet::ClusterSequence::InexistentParent;
      self->parent1.push_back(input ? -1 : step.parent1);
      self->parent2.push_back(input ? -1 : step.parent2 == fastjet::ClusterSequence::BeamJet ? -2 : step.parent2);
      self->distance.push_back(step.dij);
    }
  }
  *parent1 = self->parent1.data();
  *parent2 = self->parent2.data();
  *distance = self->distance.data();
  return self->distance.size();
}

const char *cfastjet_version(void) {
  static const std::string text = fastjet::fastjet_version_string();
  return text.c_str();
}

}  // extern "C"
