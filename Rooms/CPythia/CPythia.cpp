#include "CPythia.h"
#include "CallbackProcess.h"
#include "EventCopy.h"
#include "ProcessVeto.h"
#include "Pythia8/Pythia.h"
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <memory>
#include <mutex>

using namespace Pythia8;

struct CPythiaInstance {
  Pythia pythia;
  EventCopy rows;
  shared_ptr<ProcessVeto> veto;
  string error;
  bool ready = false, broken = false;

  CPythiaInstance() : pythia("", false) {}

  int fail(const string &why, int code = 2) {
    error = why;
    return code;
  }

  // The most severe message Pythia has logged since the last reset.
  string logged() {
    for (const auto &entry : pythia.logger) return entry.first;
    return "no message from Pythia";
  }
};

namespace {

thread_local string threadError;

int failThread(const string &why) {
  threadError = why;
  return 2;
}

// Runs a body that may throw; a thrown error makes the instance unusable.
template <typename Body> int guarded(CPythiaInstance *instance, Body body) {
  try {
    return body();
  } catch (const std::exception &thrown) {
    instance->broken = true;
    return instance->fail(thrown.what());
  } catch (...) {
    instance->broken = true;
    return instance->fail("an unknown C++ exception");
  }
}

const char *version() {
  static const string text = [] {
    char digits[16];
    snprintf(digits, sizeof digits, "%.3f", PYTHIA_VERSION);
    return string(digits);
  }();
  return text.c_str();
}

int prepare(const char *folder) {
  static mutex guard;
  static string chosen;
  try {
    lock_guard<mutex> lock(guard);
    if (!chosen.empty()) return 0;
    const char *environment = getenv("PYTHIA8DATA");
    string path = folder ? folder : environment && *environment ? environment : SEARCHLIGHT_PYTHIA_DATA;
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    if (!ifstream(path + "/Version.xml").good())
      return failThread("Pythia's data folder " + path + " has no Version.xml; set PYTHIA8DATA to its xmldoc folder");
    // Pythia ignores the path its constructor is given and reads this variable in every constructor.
    if (setenv("PYTHIA8DATA", path.c_str(), 1) != 0) return failThread("PYTHIA8DATA cannot be set");
    chosen = path;
    return 0;
  } catch (const std::exception &thrown) {
    return failThread(thrown.what());
  }
}

const char *lastThreadError() { return threadError.c_str(); }

CPythiaInstance *create(int32_t seed) {
  if (seed < 1 || seed > 900000000) {
    failThread("need a seed in 1...900000000, got " + to_string(seed));
    return nullptr;
  }
  try {
    unique_ptr<CPythiaInstance> instance(new CPythiaInstance);
    for (const string &line : {string("Print:quiet = on"), string("Random:setSeed = on"),
                               "Random:seed = " + to_string(seed)})
      if (!instance->pythia.readString(line)) {
        failThread("Pythia cannot be constructed: " + instance->logged());
        return nullptr;
      }
    return instance.release();
  } catch (const std::exception &thrown) {
    failThread(thrown.what());
    return nullptr;
  }
}

void destroy(CPythiaInstance *instance) { delete instance; }

const char *lastError(CPythiaInstance *instance) { return instance->error.c_str(); }

int readSetting(CPythiaInstance *instance, const char *line) {
  return guarded(instance, [&] {
    instance->pythia.logger.errorReset();
    // Pythia warns of a value outside its range, clips it and reports success.
    if (!instance->pythia.readString(line) || instance->pythia.logger.errorTotalNumber() > 0)
      return instance->fail(instance->logged());
    return 0;
  });
}

int addVeto(CPythiaInstance *instance, const CPythiaVeto *veto, const CPythiaDecayRule *rules, int64_t count,
            int64_t inARowMax, int64_t inShowerMax) {
  return guarded(instance, [&] {
    vector<CPythiaDecayRule> table;
    if (rules) table.assign(rules, rules + count);
    instance->veto = make_shared<ProcessVeto>(*veto, table, inARowMax, inShowerMax);
    return instance->pythia.setUserHooksPtr(instance->veto) ? 0 : instance->fail("Pythia refused the veto");
  });
}

int addProcess(CPythiaInstance *instance, const CPythiaProcess *process, CPythiaSigma sigma, void *context) {
  return guarded(instance, [&] {
    const auto added = make_shared<CallbackProcess>(*process, sigma, context);
    return instance->pythia.addSigmaPtr(added) ? 0 : instance->fail("Pythia refused the process");
  });
}

int init(CPythiaInstance *instance) {
  return guarded(instance, [&] {
    instance->pythia.logger.errorReset();
    if (!instance->pythia.init()) return instance->fail(instance->logged());
    instance->ready = true;
    return 0;
  });
}

int next(CPythiaInstance *instance, const CPythiaFilter *filter, CPythiaEvent *event) {
  return guarded(instance, [&] {
    if (!instance->ready || instance->broken) return instance->fail("the instance is not initialised or broken");
    Pythia &pythia = instance->pythia;
    if (!pythia.next()) {
      if (pythia.info.atEndOfFile()) return instance->fail("the input has ended");
      return instance->fail(instance->logged(), 1);
    }
    instance->rows.copy(pythia.event, *filter, *event);
    event->weight = pythia.info.weight();
    event->pt_hat = pythia.info.pTHat();
    event->scale = pythia.info.QRen();
    event->alpha_s = pythia.info.alphaS();
    event->shower_sum = instance->veto ? instance->veto->showerSum() : 0;
    event->process_code = pythia.info.code();
    return 0;
  });
}

int statistics(CPythiaInstance *instance, CPythiaStatistics *out) {
  return guarded(instance, [&] {
    const Info &info = instance->pythia.info;
    constexpr double picobarnPerMillibarn = 1e9;
    out->tried = info.nTried();
    out->selected = info.nSelected();
    out->vetoed = instance->veto ? instance->veto->count() : 0;
    out->accepted = info.nAccepted();
    out->sigma_pb = info.sigmaGen() * picobarnPerMillibarn;
    out->sigma_error_pb = info.sigmaErr() * picobarnPerMillibarn;
    out->weight_sum = info.weightSum();
    return 0;
  });
}

const CPythiaTable functions = {CPYTHIA_ABI, sizeof(CPythiaTable), version, prepare, lastThreadError, create, destroy,
                            lastError, readSetting, addVeto, addProcess, init, next, statistics};

} // namespace

extern "C" __attribute__((visibility("default"))) const CPythiaTable *CPythia_table(void) { return &functions; }
