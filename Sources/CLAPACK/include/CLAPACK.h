#ifndef SEARCHLIGHT_CLAPACK_H
#define SEARCHLIGHT_CLAPACK_H
#include <stddef.h>
#include <stdint.h>
#pragma clang assume_nonnull begin
#ifdef __cplusplus
extern "C" {
#endif

/// Factorises the lower triangle of a symmetric row-major matrix (order x order) in place: A = L Lᵀ.
/// Returns 0; a positive k if the leading minor of order k is not positive definite; negative for a refused argument.
int32_t clapack_cholesky(double *matrix, int32_t order);

/// Solves L Lᵀ x = b in place of `right` with the factor of `clapack_cholesky`. Returns 0, or negative for a refused argument.
int32_t clapack_cholesky_solve(const double *factor, int32_t order, double *right);

/// Eigenvalues (rising) of a symmetric row-major matrix, of which the lower triangle is read; its rows become the eigenvectors.
/// Returns 0, or LAPACK's number of what failed.
int32_t clapack_symmetric_eigen(double *matrix, int32_t order, double *values);

#ifdef __cplusplus
}
#endif
#pragma clang assume_nonnull end
#endif
