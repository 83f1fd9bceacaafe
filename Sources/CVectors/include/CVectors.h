#ifndef SEARCHLIGHT_CVECTORS_H
#define SEARCHLIGHT_CVECTORS_H
#include <stdbool.h>
#include <stdint.h>
#pragma clang assume_nonnull begin
#ifdef __cplusplus
extern "C" {
#endif

/* Kernels in vector instructions of a processor that Swift has no words for. Plain functions on buffers without state: any
   thread may call them. Whoever calls asks first whether the processor has the instructions, and has a path of its own where
   not. */

/* Whether the processor has AVX-512 as of x86-64-v4 (F, BW, DQ, VL). */
bool cvectors_has_avx512(void);

/* Adds to each row's sum what the leaf holds in which it ends, in a complete binary tree of eight levels. Needs AVX-512.
   values: rows in groups of 16, a group column by column: values[(group * columns + column) * 16 + lane].
   rows: a multiple of 32.
   thresholds, places: of 256 nodes, the root being 1 and the children of node j 2j and 2j + 1; rows with a larger value than the
   threshold go to 2j + 1. A place is 16 times a column.
   leaves: of 256 leaves from left to right. */
void cvectors_walk_tree(const float *values, int columns, int rows, const float *thresholds, const int32_t *places,
                        const float *leaves, float *sums);

/* Squared distances of 16 points from four queries, summed column after column without fused rounding. Needs AVX-512.
   points: points[column * 16 + lane]. queries: queries[column * 4 + query]. squares: squares[query * 16 + lane].
   Returns which are below the query's limit: bit query * 16 + lane. */
uint64_t cvectors_near_points(const float *points, int columns, const float *queries, const float *limits,
                              float *squares);

#ifdef __cplusplus
}
#endif
#pragma clang assume_nonnull end
#endif
