// The passes over memory of the fused training step, compiled once for each instruction set (Makefile) and chosen
// at run time. Plain buffers, no LibTorch. Every function works on a range of rows or elements that its caller
// assigns, and its result for an element does not depend on how the ranges were cut.
#pragma once
#include <cstddef>
#include <cstdint>

#include "Elementwise.h"

namespace ctorch {

/// One rule of an optimiser over `count` elements of a parameter with its gradient and moments.
using UpdateRule = void (*)(const StepNumbers &numbers, int64_t count, const float *gradient, float *parameter,
                            float *m, float *v);

struct Kernels {
  const char *name;
  /// out = 1 where the unit is kept, else 0, for rows [begin, end) of a [*, columns] mask.
  void (*keepMask)(uint64_t key, uint64_t step, uint32_t threshold, int64_t begin, int64_t end, int64_t columns,
                   float *out);
  /// In: the products `z` of a layer without its bias. Out: `h` the layer's output, `z` its derivative by z.
  void (*forward)(const ActivationPass &pass, int64_t begin, int64_t end, int64_t columns, const float *bias, float *z,
                  float *h);
  /// The same without dropout and derivative; `z` becomes the output.
  void (*infer)(const ActivationPass &pass, int64_t begin, int64_t end, int64_t columns, const float *bias, float *z);
  /// gradient *= derivative over rows [begin, end), and the sums of its columns over these rows to `sums`.
  void (*backward)(int64_t begin, int64_t end, int64_t columns, const float *derivative, float *gradient, float *sums);
  /// By CTorchRule.
  UpdateRule rules[4];
  /// gradient += l1·sign(parameter) + l2·parameter.
  void (*penalise)(float l1, float l2, int64_t count, const float *parameter, float *gradient);
  double (*sumOfSquares)(int64_t count, const float *values);
  void (*scaleBy)(float factor, int64_t count, float *values);
};

const Kernels &kernelsBaseline();
#ifdef CTORCH_X86_VARIANTS
const Kernels &kernelsV3();
const Kernels &kernelsV4();
#endif

/// The best variant for this processor.
const Kernels &kernels();

}  // namespace ctorch
