#ifndef CXGBOOST_H
#define CXGBOOST_H

#include <stdint.h>

// All functions but `cxgboost_error` return 0 on success; otherwise `cxgboost_error` has the reason.

/// Loads the library; every other function needs it.
int cxgboost_load(void);

/// The last error of the calling thread.
const char *cxgboost_error(void);

void cxgboost_version(int32_t *major, int32_t *minor, int32_t *patch);

typedef struct CXGBoostMatrix CXGBoostMatrix;
typedef struct CXGBoostBooster CXGBoostBooster;

/// Copies a row-major matrix with a label and a weight a row. NaN is a missing value.
int cxgboost_matrix_create(
    const float *values, int64_t rows, int64_t columns, const float *labels, const float *weights,
    CXGBoostMatrix **matrix);
void cxgboost_matrix_free(CXGBoostMatrix *matrix);

/// A booster that will see these matrices.
int cxgboost_booster_create(CXGBoostMatrix *const *matrices, int64_t count, CXGBoostBooster **booster);
void cxgboost_booster_free(CXGBoostBooster *booster);
int cxgboost_set(CXGBoostBooster *booster, const char *name, const char *value);

/// The columns' names, which go into the model.
int cxgboost_feature_names(CXGBoostBooster *booster, const char *const *names, int64_t count);

/// One round of boosting.
int cxgboost_update(CXGBoostBooster *booster, int32_t round, CXGBoostMatrix *training);

/// The metric on matrices named "0", "1", …: `[round]\t0-logloss:0.5\t1-logloss:0.6`. Valid until the next call.
int cxgboost_evaluate(
    CXGBoostBooster *booster, int32_t round, CXGBoostMatrix *const *matrices, int64_t count, const char **text);

/// The first rounds as a booster of their own.
int cxgboost_first_rounds(CXGBoostBooster *booster, int32_t rounds, CXGBoostBooster **first);

/// The model as JSON. Valid until the next call.
int cxgboost_json(CXGBoostBooster *booster, const char **bytes, int64_t *length);

#endif
