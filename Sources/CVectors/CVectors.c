#include "CVectors.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define WIDE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#define INLINE WIDE static inline __attribute__((always_inline))

bool cvectors_has_avx512(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
    && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

/* Tables lie in registers: a permutation looks 16 places up at once, a gather takes them one by one. */

INLINE __m512 of16(const float *table, __m512i index) {
  return _mm512_permutexvar_ps(index, _mm512_loadu_ps(table));
}

INLINE __m512 of32(const float *table, __m512i index) {
  return _mm512_permutex2var_ps(_mm512_loadu_ps(table), index, _mm512_loadu_ps(table + 16));
}

INLINE __mmask16 has(__m512i index, int bit) { return _mm512_test_epi32_mask(index, _mm512_set1_epi32(bit)); }

INLINE __m512 of64(const float *table, __m512i index) {
  return _mm512_mask_blend_ps(has(index, 32), of32(table, index), of32(table + 32, index));
}

INLINE __m512 of128(const float *table, __m512i index) {
  return _mm512_mask_blend_ps(has(index, 64), of64(table, index), of64(table + 64, index));
}

INLINE __m512 of256(const float *table, __m512i index) {
  return _mm512_mask_blend_ps(has(index, 128), of128(table, index), of128(table + 128, index));
}

/* The nodes of a level, 2^level of them from node 2^level on; the index's higher bits do not matter. */
INLINE __m512 at_level(int level, const float *nodes, __m512i index) {
  switch (level) {
  case 3: return of16(nodes, index);
  case 4: return of16(nodes + 16, index);
  case 5: return of32(nodes + 32, index);
  case 6: return of64(nodes + 64, index);
  default: return of128(nodes + 128, index);
  }
}

/* Of the rows in a mask, those that go right at a node that is the same for all of them. */
INLINE __mmask16 right(
  __mmask16 rows, int node, const float *values, const float *thresholds, const int32_t *places) {
  return _mm512_mask_cmp_ps_mask(
    rows, _mm512_loadu_ps(values + places[node]), _mm512_set1_ps(thresholds[node]), _CMP_GT_OQ);
}

/* The nodes of level 3: the first three levels have seven nodes, whose comparisons cost less than looking them up. */
INLINE __m512i crown(const float *values, const float *thresholds, const int32_t *places) {
  __mmask16 first = right(0xffff, 1, values, thresholds, places);
  __mmask16 second =
    right(first, 3, values, thresholds, places) | right(~first, 2, values, thresholds, places);
  __mmask16 third = right(first & second, 7, values, thresholds, places)
    | right(first & ~second, 6, values, thresholds, places)
    | right(~first & second, 5, values, thresholds, places)
    | right(~first & ~second, 4, values, thresholds, places);
  __m512i index = _mm512_mask_set1_epi32(_mm512_set1_epi32(8), first, 12);
  index = _mm512_mask_add_epi32(index, second, index, _mm512_set1_epi32(2));
  return _mm512_mask_add_epi32(index, third, index, _mm512_set1_epi32(1));
}

INLINE __m512 values_at(int level, __m512i index, const float *values, const int32_t *places) {
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __m512i place = _mm512_castps_si512(at_level(level, (const float *)places, index));
  return _mm512_i32gather_ps(_mm512_add_epi32(place, lanes), values, 4);
}

INLINE __m512i child(int level, __m512i index, __m512 values, const float *thresholds) {
  __mmask16 goes_right = _mm512_cmp_ps_mask(values, at_level(level, thresholds, index), _CMP_GT_OQ);
  __m512i twice = _mm512_add_epi32(index, index);
  return _mm512_mask_add_epi32(twice, goes_right, twice, _mm512_set1_epi32(1));
}

INLINE void add(float *sums, __m512 lengths) {
  _mm512_storeu_ps(sums, _mm512_add_ps(_mm512_loadu_ps(sums), lengths));
}

WIDE void cvectors_walk_tree(
  const float *values, int columns, int rows, const float *thresholds, const int32_t *places, const float *leaves,
  float *sums) {
  /* Two groups of rows side by side, as each waits for its values. */
  for (int row = 0; row < rows; row += 32) {
    const float *here = values + (long)row * columns, *there = here + 16 * (long)columns;
    __m512i one = crown(here, thresholds, places), other = crown(there, thresholds, places);
#pragma clang loop unroll(full)
    for (int level = 3; level < 8; level++) {
      __m512 of_one = values_at(level, one, here, places), of_other = values_at(level, other, there, places);
      one = child(level, one, of_one, thresholds);
      other = child(level, other, of_other, thresholds);
      /* Keeps the compiler from finishing one group before it begins the other. */
      __asm__("" : "+v"(one), "+v"(other));
    }
    add(sums + row, of256(leaves, one));
    add(sums + row + 16, of256(leaves, other));
  }
}

WIDE uint64_t cvectors_near_points(
  const float *points, int columns, const float *queries, const float *limits, float *squares) {
  __m512 sums[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
  for (int column = 0; column < columns; column++) {
    __m512 point = _mm512_loadu_ps(points + 16 * (long)column);
#pragma clang loop unroll(full)
    for (int query = 0; query < 4; query++) {
      __m512 difference = _mm512_sub_ps(point, _mm512_set1_ps(queries[4 * (long)column + query]));
      /* Rounded twice, as Swift's path does: the intrinsic is not joined with the sum. */
      __m512 square = _mm512_mul_ps(difference, difference);
      __asm__("" : "+v"(square));
      sums[query] = _mm512_add_ps(sums[query], square);
    }
  }
  uint64_t near = 0;
  for (int query = 0; query < 4; query++) {
    _mm512_storeu_ps(squares + 16 * query, sums[query]);
    near |= (uint64_t)_mm512_cmp_ps_mask(sums[query], _mm512_set1_ps(limits[query]), _CMP_LT_OQ) << 16 * query;
  }
  return near;
}

#else

bool cvectors_has_avx512(void) { return false; }

void cvectors_walk_tree(
  const float *values, int columns, int rows, const float *thresholds, const int32_t *places, const float *leaves,
  float *sums) {
  __builtin_trap();
}

uint64_t cvectors_near_points(
  const float *points, int columns, const float *queries, const float *limits, float *squares) {
  __builtin_trap();
}

#endif
