// Goals, in this order: (1) the same bytes however the rows are shared among threads; (2) agreement with LibTorch's
// own functions to a few units in the last place of the largest term; (3) one pass over memory for bias, activation,
// dropout and derivative. Not attempted: correct rounding, NaN payloads, denormal results of the exponential.
#include "Kernels.h"

#include <cmath>
#include <cstring>

#ifndef CTORCH_VARIANT
#define CTORCH_VARIANT kernelsBaseline
#endif

namespace ctorch {
namespace {

constexpr int kLanes = 16;

// Philox4x32-10 of Salmon, Moraes, Dror and Shaw (SC'11), on sixteen counters at once. The counter of lane i is
// (16 group + i, step), 64 bits each; a group's 64 words, word-major, are its 128 16-bit numbers (low half first).
inline void philoxGroup(uint64_t key, uint64_t step, uint64_t group, uint16_t *out) {
  uint32_t c0[kLanes], c1[kLanes], c2[kLanes], c3[kLanes];
  for (int i = 0; i < kLanes; ++i) {
    const uint64_t index = group * kLanes + i;
    c0[i] = static_cast<uint32_t>(index);
    c1[i] = static_cast<uint32_t>(index >> 32);
    c2[i] = static_cast<uint32_t>(step);
    c3[i] = static_cast<uint32_t>(step >> 32);
  }
  uint32_t k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < kLanes; ++i) {
      const uint64_t p0 = 0xD2511F53ull * c0[i], p1 = 0xCD9E8D57ull * c2[i];
      const uint32_t n0 = static_cast<uint32_t>(p1 >> 32) ^ c1[i] ^ k0;
      const uint32_t n2 = static_cast<uint32_t>(p0 >> 32) ^ c3[i] ^ k1;
      c1[i] = static_cast<uint32_t>(p1);
      c3[i] = static_cast<uint32_t>(p0);
      c0[i] = n0;
      c2[i] = n2;
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  std::memcpy(out, c0, sizeof c0);
  std::memcpy(out + 2 * kLanes, c1, sizeof c1);
  std::memcpy(out + 4 * kLanes, c2, sizeof c2);
  std::memcpy(out + 6 * kLanes, c3, sizeof c3);
}

inline uint64_t groupsOf(int64_t columns) { return static_cast<uint64_t>((columns + kMaskGroup - 1) / kMaskGroup); }

template <Activation kind>
void forwardRows(const ActivationPass &pass, int64_t begin, int64_t end, int64_t columns, const float *bias, float *z,
                 float *h) {
  const uint64_t groups = groupsOf(columns);
  const float parameter = pass.parameter, scale = pass.scale, shift = pass.shift;
  const float droppedValue = pass.scale * pass.dropped + pass.shift;
  alignas(64) uint16_t bits[kMaskGroup];
  const uint32_t threshold = pass.dropThreshold;
  for (int64_t row = begin; row < end; ++row) {
    float *__restrict zRow = z + row * columns;
    float *__restrict hRow = h + row * columns;
    for (int64_t start = 0; start < columns; start += kMaskGroup) {
      const int64_t width = columns - start < kMaskGroup ? columns - start : kMaskGroup;
      if (threshold > 0) {
        philoxGroup(pass.key, pass.step, static_cast<uint64_t>(row) * groups + start / kMaskGroup, bits);
        for (int64_t j = 0; j < width; ++j) {
          const ValueAndSlope f = activate<kind>(zRow[start + j] + bias[start + j], parameter);
          const bool keep = bits[j] >= threshold;
          hRow[start + j] = keep ? scale * f.value + shift : droppedValue;
          zRow[start + j] = keep ? scale * f.slope : 0.0f;
        }
      } else {
        for (int64_t j = 0; j < width; ++j) {
          const ValueAndSlope f = activate<kind>(zRow[start + j] + bias[start + j], parameter);
          hRow[start + j] = f.value;
          zRow[start + j] = f.slope;
        }
      }
    }
  }
}

template <Activation kind>
void inferRows(const ActivationPass &pass, int64_t begin, int64_t end, int64_t columns, const float *bias, float *z) {
  for (int64_t row = begin; row < end; ++row) {
    float *__restrict zRow = z + row * columns;
    for (int64_t j = 0; j < columns; ++j) { zRow[j] = activate<kind>(zRow[j] + bias[j], pass.parameter).value; }
  }
}

void forward(const ActivationPass &pass, int64_t begin, int64_t end, int64_t columns, const float *bias, float *z,
             float *h) {
  switch (pass.activation) {
    case selu: return forwardRows<selu>(pass, begin, end, columns, bias, z, h);
    case relu: return forwardRows<relu>(pass, begin, end, columns, bias, z, h);
    case leakyRelu: return forwardRows<leakyRelu>(pass, begin, end, columns, bias, z, h);
    case elu: return forwardRows<elu>(pass, begin, end, columns, bias, z, h);
    case sigmoid: return forwardRows<sigmoid>(pass, begin, end, columns, bias, z, h);
    case tangent: return forwardRows<tangent>(pass, begin, end, columns, bias, z, h);
    case silu: return forwardRows<silu>(pass, begin, end, columns, bias, z, h);
    default: return forwardRows<identity>(pass, begin, end, columns, bias, z, h);
  }
}

void infer(const ActivationPass &pass, int64_t begin, int64_t end, int64_t columns, const float *bias, float *z) {
  switch (pass.activation) {
    case selu: return inferRows<selu>(pass, begin, end, columns, bias, z);
    case relu: return inferRows<relu>(pass, begin, end, columns, bias, z);
    case leakyRelu: return inferRows<leakyRelu>(pass, begin, end, columns, bias, z);
    case elu: return inferRows<elu>(pass, begin, end, columns, bias, z);
    case sigmoid: return inferRows<sigmoid>(pass, begin, end, columns, bias, z);
    case tangent: return inferRows<tangent>(pass, begin, end, columns, bias, z);
    case silu: return inferRows<silu>(pass, begin, end, columns, bias, z);
    default: return inferRows<identity>(pass, begin, end, columns, bias, z);
  }
}

void keepMask(uint64_t key, uint64_t step, uint32_t threshold, int64_t begin, int64_t end, int64_t columns,
              float *out) {
  const uint64_t groups = groupsOf(columns);
  uint16_t bits[kMaskGroup];
  for (int64_t row = begin; row < end; ++row) {
    for (int64_t start = 0; start < columns; start += kMaskGroup) {
      const int64_t width = columns - start < kMaskGroup ? columns - start : kMaskGroup;
      philoxGroup(key, step, static_cast<uint64_t>(row) * groups + start / kMaskGroup, bits);
      for (int64_t j = 0; j < width; ++j) { out[row * columns + start + j] = bits[j] >= threshold ? 1.0f : 0.0f; }
    }
  }
}

void backward(int64_t begin, int64_t end, int64_t columns, const float *derivative, float *gradient, float *sums) {
  for (int64_t j = 0; j < columns; ++j) { sums[j] = 0; }
  for (int64_t row = begin; row < end; ++row) {
    const float *__restrict d = derivative + row * columns;
    float *__restrict g = gradient + row * columns;
    float *__restrict s = sums;
    for (int64_t j = 0; j < columns; ++j) {
      const float product = g[j] * d[j];
      g[j] = product;
      s[j] += product;
    }
  }
}

void moments(const StepNumbers &n, int64_t count, const float *__restrict gradient, float *__restrict parameter,
             float *__restrict m, float *__restrict v) {
  for (int64_t i = 0; i < count; ++i) {
    const float g = gradient[i] + n.coupledDecay * parameter[i];
    const float first = n.beta1 * m[i] + (1.0f - n.beta1) * g;
    const float second = n.beta2 * v[i] + (1.0f - n.beta2) * g * g;
    m[i] = first;
    v[i] = second;
    parameter[i] = parameter[i] * n.keep -
                   (n.gradientRate * g + n.momentumRate * first) / (std::sqrt(second * n.secondCorrection) + n.epsilon);
  }
}

void descent(const StepNumbers &n, int64_t count, const float *__restrict gradient, float *__restrict parameter,
             float *__restrict m, float *__restrict) {
  // With Nesterov's look-ahead the direction is g + μ m, without it m itself.
  const float own = n.nesterov ? 1.0f : 0.0f, carried = n.nesterov ? n.beta1 : 1.0f;
  for (int64_t i = 0; i < count; ++i) {
    const float g = gradient[i] + n.coupledDecay * parameter[i];
    const float velocity = n.beta1 * m[i] + g;
    m[i] = velocity;
    parameter[i] = parameter[i] * n.keep - n.gradientRate * (own * g + carried * velocity);
  }
}

void rmsprop(const StepNumbers &n, int64_t count, const float *__restrict gradient, float *__restrict parameter,
             float *__restrict m, float *__restrict v) {
  for (int64_t i = 0; i < count; ++i) {
    const float g = gradient[i] + n.coupledDecay * parameter[i];
    const float second = n.beta2 * v[i] + (1.0f - n.beta2) * g * g;
    const float velocity = n.beta1 * m[i] + g / (std::sqrt(second) + n.epsilon);
    v[i] = second;
    m[i] = velocity;
    parameter[i] = parameter[i] * n.keep - n.gradientRate * velocity;
  }
}

void adagrad(const StepNumbers &n, int64_t count, const float *__restrict gradient, float *__restrict parameter,
             float *__restrict, float *__restrict v) {
  for (int64_t i = 0; i < count; ++i) {
    const float g = gradient[i] + n.coupledDecay * parameter[i];
    const float sum = v[i] + g * g;
    v[i] = sum;
    parameter[i] = parameter[i] * n.keep - n.gradientRate * g / (std::sqrt(sum) + n.epsilon);
  }
}

void penalise(float l1, float l2, int64_t count, const float *__restrict parameter, float *__restrict gradient) {
  for (int64_t i = 0; i < count; ++i) {
    const float p = parameter[i];
    const float sign = p > 0 ? 1.0f : p < 0 ? -1.0f : 0.0f;
    gradient[i] += l1 * sign + l2 * p;
  }
}

// Lanes of fixed number, so that every variant adds in the same order.
double sumOfSquares(int64_t count, const float *values) {
  double lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int j = 0; j < kLanes; ++j) { lanes[j] += static_cast<double>(values[i + j]) * values[i + j]; }
  }
  for (; i < count; ++i) { lanes[0] += static_cast<double>(values[i]) * values[i]; }
  double sum = 0;
  for (double lane : lanes) { sum += lane; }
  return sum;
}

void scaleBy(float factor, int64_t count, float *values) {
  for (int64_t i = 0; i < count; ++i) { values[i] *= factor; }
}

}  // namespace

#define CTORCH_TEXT_OF(x) #x
#define CTORCH_TEXT(x) CTORCH_TEXT_OF(x)
const Kernels &CTORCH_VARIANT() {
  static const Kernels table = {CTORCH_TEXT(CTORCH_VARIANT), keepMask, forward, infer, backward,
                                {moments, descent, rmsprop, adagrad}, penalise, sumOfSquares, scaleBy};
  return table;
}

}  // namespace ctorch
