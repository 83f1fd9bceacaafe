#include "CLAPACK.h"
#include <lapacke.h>

// Row-major with the lower triangle is column-major with the upper one: no transposed copy is made.
int32_t clapack_cholesky(double *matrix, int32_t order) {
  return (int32_t)LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', order, matrix, order);
}

int32_t clapack_cholesky_solve(const double *factor, int32_t order, double *right) {
  return (int32_t)LAPACKE_dpotrs_work(LAPACK_COL_MAJOR, 'U', order, 1, factor, order, right, order);
}

int32_t clapack_symmetric_eigen(double *matrix, int32_t order, double *values) {
  return (int32_t)LAPACKE_dsyev(LAPACK_COL_MAJOR, 'V', 'U', order, matrix, order, values);
}
