#include "CXGBoost.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <xgboost/c_api.h>

#define FUNCTIONS(X)                                                                                                   \
  X(XGBoostVersion)                                                                                                    \
  X(XGBGetLastError)                                                                                                   \
  X(XGBSetGlobalConfig)                                                                                                \
  X(XGDMatrixCreateFromMat)                                                                                            \
  X(XGDMatrixFree)                                                                                                     \
  X(XGDMatrixSetFloatInfo)                                                                                             \
  X(XGBoosterCreate)                                                                                                   \
  X(XGBoosterFree)                                                                                                     \
  X(XGBoosterSetParam)                                                                                                 \
  X(XGBoosterSetStrFeatureInfo)                                                                                        \
  X(XGBoosterUpdateOneIter)                                                                                            \
  X(XGBoosterEvalOneIter)                                                                                              \
  X(XGBoosterSlice)                                                                                                    \
  X(XGBoosterSaveModelToBuffer)

#define MEMBER(name) __typeof__(&name) name;
static struct { FUNCTIONS(MEMBER) } library;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char failure[512];
static __thread const char *last_error = "";

static void load(void) {
  void *handle = dlopen("libxgboost.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *reason = dlerror();
    snprintf(failure, sizeof failure, "%s", reason ? reason : "libxgboost.so.0 cannot be loaded");
    return;
  }
#define FIND(name)                                                                                                     \
  library.name = (__typeof__(&name))dlsym(handle, #name);                                                              \
  if (!library.name) {                                                                                                 \
    snprintf(failure, sizeof failure, "libxgboost.so.0 has no function " #name);                                       \
    return;                                                                                                            \
  }
  FUNCTIONS(FIND)
  library.XGBSetGlobalConfig("{\"verbosity\": 0}");
}

int cxgboost_load(void) {
  pthread_once(&once, load);
  if (failure[0]) {
    last_error = failure;
    return -1;
  }
  return 0;
}

static int check(int status) {
  if (status != 0) last_error = library.XGBGetLastError();
  return status;
}

const char *cxgboost_error(void) { return last_error; }

void cxgboost_version(int32_t *major, int32_t *minor, int32_t *patch) { library.XGBoostVersion(major, minor, patch); }

int cxgboost_matrix_create(
    const float *values, int64_t rows, int64_t columns, const float *labels, const float *weights,
    CXGBoostMatrix **matrix) {
  DMatrixHandle handle = 0;
  int status = check(library.XGDMatrixCreateFromMat(values, rows, columns, __builtin_nanf(""), &handle));
  if (status != 0) return status;
  if (check(library.XGDMatrixSetFloatInfo(handle, "label", labels, rows)) != 0 ||
      check(library.XGDMatrixSetFloatInfo(handle, "weight", weights, rows)) != 0) {
    library.XGDMatrixFree(handle);
    return -1;
  }
  *matrix = handle;
  return 0;
}

void cxgboost_matrix_free(CXGBoostMatrix *matrix) { library.XGDMatrixFree(matrix); }

int cxgboost_booster_create(CXGBoostMatrix *const *matrices, int64_t count, CXGBoostBooster **booster) {
  return check(library.XGBoosterCreate((const DMatrixHandle *)matrices, count, (BoosterHandle *)booster));
}

void cxgboost_booster_free(CXGBoostBooster *booster) { library.XGBoosterFree(booster); }

int cxgboost_set(CXGBoostBooster *booster, const char *name, const char *value) {
  return check(library.XGBoosterSetParam(booster, name, value));
}

int cxgboost_feature_names(CXGBoostBooster *booster, const char *const *names, int64_t count) {
  return check(library.XGBoosterSetStrFeatureInfo(booster, "feature_name", (const char **)names, count));
}

int cxgboost_update(CXGBoostBooster *booster, int32_t round, CXGBoostMatrix *training) {
  return check(library.XGBoosterUpdateOneIter(booster, round, training));
}

int cxgboost_evaluate(
    CXGBoostBooster *booster, int32_t round, CXGBoostMatrix *const *matrices, int64_t count, const char **text) {
  const char *names[] = {"0", "1", "2", "3"};
  if (count > 4) {
    last_error = "at most four matrices are evaluated at once";
    return -1;
  }
  return check(library.XGBoosterEvalOneIter(booster, round, (DMatrixHandle *)matrices, names, count, text));
}

int cxgboost_first_rounds(CXGBoostBooster *booster, int32_t rounds, CXGBoostBooster **first) {
  return check(library.XGBoosterSlice(booster, 0, rounds, 1, (BoosterHandle *)first));
}

int cxgboost_json(CXGBoostBooster *booster, const char **bytes, int64_t *length) {
  bst_ulong size = 0;
  int status = check(library.XGBoosterSaveModelToBuffer(booster, "{\"format\": \"json\"}", &size, bytes));
  *length = (int64_t)size;
  return status;
}
