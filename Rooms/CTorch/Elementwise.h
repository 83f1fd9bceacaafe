// What one number of a layer becomes: shared by the kernels of the processor (Kernels.cpp) and of devices
// (DeviceKernels.cu), which NVIDIA's run-time compiler sees without any standard header.
#pragma once
#ifdef __CUDACC_RTC__
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long long int64_t;
typedef unsigned long long uint64_t;
#define CTORCH_INLINE __device__ inline
#else
#include <cstdint>
#include <cstring>
#define CTORCH_INLINE inline
#endif

namespace ctorch {

/// Random bits come in groups of 128 16-bit numbers; each row of a mask starts at a new group.
constexpr int64_t kMaskGroup = 128;

struct ActivationPass {
  int32_t activation;
  float parameter;
  uint32_t dropThreshold;
  float dropped, scale, shift;
  uint64_t key, step;
};

struct StepNumbers {
  float beta1, beta2, keep, gradientRate, momentumRate, secondCorrection, epsilon, coupledDecay;
  bool nesterov;
};

namespace {

constexpr float kSeluAlpha = 1.6732632423543772848170429916717f;
constexpr float kSeluScale = 1.0507009873554804934193349852946f;

enum Activation { identity, selu, relu, leakyRelu, elu, sigmoid, tangent, silu };

// exp(x) for x ≤ 88: 2ⁿ times a polynomial of the remainder |r| ≤ ln2/2. The coefficients are 1/k!; the first term
// left out is r⁷/5040 < 1.2e-7 · 2⁻¹ relative, so the result is good to about one unit in the last place.
CTORCH_INLINE float exponential(float x) {
  x = x < -87.0f ? -87.0f : x;
  x = x > 88.0f ? 88.0f : x;
  const float shifted = x * 1.44269504088896341f + 12582912.0f;  // 1.5·2²³: rounds to an integer in the low bits
  const float n = shifted - 12582912.0f;
  float r = x - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  float p = 1.9841269841e-4f;
  p = p * r + 1.3888888889e-3f;
  p = p * r + 8.3333333333e-3f;
  p = p * r + 4.1666666667e-2f;
  p = p * r + 1.6666666667e-1f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  int32_t bits, scaleBits;
  memcpy(&bits, &shifted, sizeof bits);
  scaleBits = (bits - 0x4B400000 + 127) << 23;
  float scale;
  memcpy(&scale, &scaleBits, sizeof scale);
  return p * scale;
}

struct ValueAndSlope {
  float value, slope;
};

template <Activation kind>
CTORCH_INLINE ValueAndSlope activate(float z, float parameter) {
  if constexpr (kind == selu) {
    const float e = kSeluScale * kSeluAlpha * exponential(z > 0 ? 0 : z);
    return {z > 0 ? kSeluScale * z : e - kSeluScale * kSeluAlpha, z > 0 ? kSeluScale : e};
  } else if constexpr (kind == relu) {
    // What is no number stays so, or a training that has come apart would not be noticed.
    return {z > 0 ? z : z != z ? z : 0, z > 0 ? 1.0f : 0.0f};
  } else if constexpr (kind == leakyRelu) {
    return {z > 0 ? z : parameter * z, z > 0 ? 1.0f : parameter};
  } else if constexpr (kind == elu) {
    const float e = parameter * exponential(z > 0 ? 0 : z);
    return {z > 0 ? z : e - parameter, z > 0 ? 1.0f : e};
  } else if constexpr (kind == sigmoid) {
    const float s = 1.0f / (1.0f + exponential(-z));
    return {s, s * (1.0f - s)};
  } else if constexpr (kind == tangent) {
    const float e = exponential(-2.0f * (z > 0 ? z : -z));
    const float t = (1.0f - e) / (1.0f + e);
    return {z > 0 ? t : -t, 1.0f - t * t};
  } else if constexpr (kind == silu) {
    const float s = 1.0f / (1.0f + exponential(-z));
    return {z * s, s * (1.0f + z * (1.0f - s))};
  } else {
    return {z, 1.0f};
  }
}

}  // namespace
}  // namespace ctorch
