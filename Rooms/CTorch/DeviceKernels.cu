// The passes over memory of the resident step, one thread by itself: no thread waits for another within a launch, so a
// loop over threads gives the same numbers. NVIDIA's run-time compiler makes them for the device that is there; the
// host's compiler makes them for tests (DeviceHost.cpp), with CTORCH_KERNEL and CTORCH_THREAD as it needs them.
// Sums are taken in parts whose number depends on the counts only, and parts are added in order.
#include "DeviceTypes.h"

#ifdef __CUDACC_RTC__
#define CTORCH_KERNEL extern "C" __global__ void
#define CTORCH_THREAD (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x)
#endif

namespace ctorch {
namespace {

struct alignas(8) Pair {
  float x, y;
};

// Philox4x32-10 (see Kernels.cpp) of the counter (index, step).
CTORCH_INLINE void philox(uint64_t key, uint64_t step, uint64_t index, uint32_t *words) {
  uint32_t c0 = static_cast<uint32_t>(index), c1 = static_cast<uint32_t>(index >> 32);
  uint32_t c2 = static_cast<uint32_t>(step), c3 = static_cast<uint32_t>(step >> 32);
  uint32_t k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = 0xD2511F53ull * c0, p1 = 0xCD9E8D57ull * c2;
    const uint32_t n0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0;
    const uint32_t n2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c1 = static_cast<uint32_t>(p1);
    c3 = static_cast<uint32_t>(p0);
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

/// The numbers of a group that a lane has: columns 32 w + 2 lane and the next, for words w of 0 to 3.
struct LanePlace {
  int64_t row, start, lane;
  uint64_t group;
};
CTORCH_INLINE LanePlace lanePlace(int64_t thread, int64_t columns) {
  const int64_t groups = (columns + kMaskGroup - 1) / kMaskGroup;
  const int64_t group = thread / kGroupLanes, lane = thread % kGroupLanes;
  return {group / groups, (group % groups) * kMaskGroup, lane, static_cast<uint64_t>(group)};
}

struct OutputAndSlope {
  float output, slope;
};
template <Activation kind>
CTORCH_INLINE OutputAndSlope activateUnit(const ActivationPass &pass, uint32_t bits, float z) {
  const ValueAndSlope f = activate<kind>(z, pass.parameter);
  if (pass.dropThreshold == 0) { return {f.value, f.slope}; }
  if ((bits & 0xFFFFu) < pass.dropThreshold) { return {pass.scale * pass.dropped + pass.shift, 0.0f}; }
  return {pass.scale * f.value + pass.shift, pass.scale * f.slope};
}

template <Activation kind>
CTORCH_INLINE void activateLane(const ActivationPass &pass, uint64_t step, LanePlace place, int64_t columns,
                                const float *bias, float *z, float *h) {
  uint32_t words[4] = {0, 0, 0, 0};
  if (pass.dropThreshold > 0) { philox(pass.key, step, place.group * kGroupLanes + place.lane, words); }
  const bool isEven = columns % 2 == 0;  // then both units of a word are one aligned read
  for (int w = 0; w < 4; ++w) {
    const int64_t column = place.start + 32 * w + 2 * place.lane, at = place.row * columns + column;
    if (column >= columns) { return; }
    if (isEven) {
      const Pair in = *reinterpret_cast<const Pair *>(z + at), b = *reinterpret_cast<const Pair *>(bias + column);
      const OutputAndSlope first = activateUnit<kind>(pass, words[w], in.x + b.x);
      const OutputAndSlope second = activateUnit<kind>(pass, words[w] >> 16, in.y + b.y);
      *reinterpret_cast<Pair *>(h + at) = {first.output, second.output};
      *reinterpret_cast<Pair *>(z + at) = {first.slope, second.slope};
      continue;
    }
    for (int half = 0; half < 2 && column + half < columns; ++half) {
      const OutputAndSlope unit = activateUnit<kind>(pass, words[w] >> (16 * half), z[at + half] + bias[column + half]);
      h[at + half] = unit.output;
      z[at + half] = unit.slope;
    }
  }
}

template <Activation kind>
CTORCH_INLINE float valueOf(float z, float parameter) {
  return activate<kind>(z, parameter).value;
}

/// Row r of the batch is row order[place.batch · place.size + r] of the sample.
CTORCH_INLINE int64_t sampleRow(const RunPlace &place, const int32_t *order, int64_t row) {
  return order[place.batch * place.size + row];
}

CTORCH_INLINE double binaryLoss(double z, double y, double w, int64_t count, float *seed) {
  const double e = exp(z > 0 ? -z : z);
  const double probability = z >= 0 ? 1 / (1 + e) : e / (1 + e);
  *seed = static_cast<float>(w * (probability - y) / static_cast<double>(count));
  return w * ((z > 0 ? z : 0) - z * y + log1p(e));
}

CTORCH_INLINE double categoricalLoss(const float *z, int64_t classes, int64_t label, double w, int64_t count,
                                     float *seed) {
  double top = z[0], total = 0;
  for (int64_t k = 1; k < classes; ++k) { top = z[k] > top ? z[k] : top; }
  for (int64_t k = 0; k < classes; ++k) { total += exp(z[k] - top); }
  for (int64_t k = 0; k < classes; ++k) {
    const double slope = exp(z[k] - top) / total - (k == label ? 1 : 0);
    seed[k] = static_cast<float>(w * slope / static_cast<double>(count));
  }
  return w * (top + log(total) - z[label]);
}

CTORCH_INLINE double squaredLoss(const float *z, const float *target, int64_t width, double weight, int64_t count,
                                 float *seed) {
  const double w = weight / static_cast<double>(width);
  double sum = 0;
  for (int64_t k = 0; k < width; ++k) {
    const double difference = static_cast<double>(z[k]) - target[k];
    sum += w * difference * difference;
    seed[k] = static_cast<float>(2 * w * difference / static_cast<double>(count));
  }
  return sum;
}

/// Read in blocks, because one thread waits for each read that it needs.
CTORCH_INLINE double sumInOrder(const double *values, int64_t count) {
  constexpr int block = 32;
  double sum = 0;
  int64_t i = 0;
  for (; i + block <= count; i += block) {
    double part[block];
    for (int k = 0; k < block; ++k) { part[k] = values[i + k]; }
    for (int k = 0; k < block; ++k) { sum += part[k]; }
  }
  for (; i < count; ++i) { sum += values[i]; }
  return sum;
}

CTORCH_INLINE float gradientOf(const Segment &s, int64_t i) {
  float g = 0;
  if (s.chunks > 0) {
    for (int64_t chunk = 0; chunk < s.chunks; ++chunk) { g += s.gradient[chunk * s.count + i]; }
  } else {
    g = s.gradient[i];
  }
  if (s.l1 != 0 || s.l2 != 0) {
    const float p = s.parameter[i];
    g += s.l1 * (p > 0 ? 1.0f : p < 0 ? -1.0f : 0.0f) + s.l2 * p;
  }
  return g;
}

CTORCH_INLINE void followRule(int32_t rule, const StepNumbers &n, float gradient, float &p, float &m, float &v) {
  const float g = gradient + n.coupledDecay * p;
  if (rule == 0) {
    m = n.beta1 * m + (1.0f - n.beta1) * g;
    v = n.beta2 * v + (1.0f - n.beta2) * g * g;
    p = p * n.keep - (n.gradientRate * g + n.momentumRate * m) / (sqrtf(v * n.secondCorrection) + n.epsilon);
  } else if (rule == 1) {
    m = n.beta1 * m + g;
    p = p * n.keep - n.gradientRate * (n.nesterov ? g + n.beta1 * m : m);
  } else if (rule == 2) {
    v = n.beta2 * v + (1.0f - n.beta2) * g * g;
    m = n.beta1 * m + g / (sqrtf(v) + n.epsilon);
    p = p * n.keep - n.gradientRate * m;
  } else {
    v = v + g * g;
    p = p * n.keep - n.gradientRate * g / (sqrtf(v) + n.epsilon);
  }
}

}  // namespace

/// 1 where the unit is kept, else 0.
CTORCH_KERNEL keepMaskKernel(uint64_t key, uint64_t step, uint32_t threshold, int64_t rows, int64_t columns,
                             float *out) {
  const LanePlace place = lanePlace(CTORCH_THREAD, columns);
  if (place.row >= rows) { return; }
  uint32_t words[4];
  philox(key, step, place.group * kGroupLanes + place.lane, words);
  for (int w = 0; w < 4; ++w) {
    for (int half = 0; half < 2; ++half) {
      const int64_t column = place.start + 32 * w + 2 * place.lane + half;
      if (column >= columns) { continue; }
      out[place.row * columns + column] = ((words[w] >> (16 * half)) & 0xFFFFu) >= threshold ? 1.0f : 0.0f;
    }
  }
}

CTORCH_KERNEL gatherKernel(const RunPlace *place, const int32_t *order, const float *features, int64_t count,
                           int64_t columns, float *out) {
  const int64_t i = CTORCH_THREAD;
  if (i >= count * columns) { return; }
  out[i] = features[sampleRow(*place, order, i / columns) * columns + i % columns];
}

/// In: the products `z` of a layer without its bias. Out: `h` the layer's output, `z` its derivative by z.
CTORCH_KERNEL forwardKernel(const RunPlace *run, ActivationPass pass, int64_t count, int64_t columns,
                            const float *bias, float *z, float *h) {
  const LanePlace place = lanePlace(CTORCH_THREAD, columns);
  if (place.row >= count) { return; }
  const uint64_t step = run->firstStep + static_cast<uint64_t>(run->batch);
  switch (pass.activation) {
    case selu: return activateLane<selu>(pass, step, place, columns, bias, z, h);
    case relu: return activateLane<relu>(pass, step, place, columns, bias, z, h);
    case leakyRelu: return activateLane<leakyRelu>(pass, step, place, columns, bias, z, h);
    case elu: return activateLane<elu>(pass, step, place, columns, bias, z, h);
    case sigmoid: return activateLane<sigmoid>(pass, step, place, columns, bias, z, h);
    case tangent: return activateLane<tangent>(pass, step, place, columns, bias, z, h);
    case silu: return activateLane<silu>(pass, step, place, columns, bias, z, h);
    default: return activateLane<identity>(pass, step, place, columns, bias, z, h);
  }
}

/// Without dropout and derivative; `z` becomes the output. A thread takes one column of `kInferRows` rows.
CTORCH_KERNEL inferKernel(ActivationPass pass, int64_t count, int64_t columns, const float *bias, float *z) {
  const int64_t i = CTORCH_THREAD, first = i / columns * kInferRows, column = i % columns;
  for (int64_t row = first; row < first + kInferRows && row < count; ++row) {
    float &value = z[row * columns + column];
    const float x = value + bias[column];
    switch (pass.activation) {
      case selu: value = valueOf<selu>(x, pass.parameter); break;
      case relu: value = valueOf<relu>(x, pass.parameter); break;
      case leakyRelu: value = valueOf<leakyRelu>(x, pass.parameter); break;
      case elu: value = valueOf<elu>(x, pass.parameter); break;
      case sigmoid: value = valueOf<sigmoid>(x, pass.parameter); break;
      case tangent: value = valueOf<tangent>(x, pass.parameter); break;
      case silu: value = valueOf<silu>(x, pass.parameter); break;
      default: value = x;
    }
  }
}

/// d(Σ w·ℓ / count)/d(output) to `seed`, and Σ w·ℓ over each lane's rows to `sums`.
CTORCH_KERNEL lossKernel(const RunPlace *place, RowTargets rows, int32_t kind, int64_t count, int64_t width,
                         int64_t lanes, const float *outputs, float *seed, double *sums) {
  const int64_t lane = CTORCH_THREAD;
  if (lane >= lanes) { return; }
  double sum = 0;
  for (int64_t r = lane; r < count; r += lanes) {
    const int64_t row = sampleRow(*place, rows.order, r);
    const double w = rows.weights[row];
    const float *z = outputs + r * width;
    if (kind == 0) {
      sum += binaryLoss(z[0], rows.targets[row], w, count, seed + r);
    } else if (kind == 1) {
      sum += categoricalLoss(z, width, static_cast<int64_t>(rows.targets[row]), w, count, seed + r * width);
    } else {
      sum += squaredLoss(z, rows.targets + row * width, width, w, count, seed + r * width);
    }
  }
  sums[lane] = sum;
}

/// gradient *= derivative, and the sums of its columns over each chunk of rows.
CTORCH_KERNEL backwardKernel(int64_t count, int64_t columns, int64_t chunks, int64_t chunkRows,
                             const float *__restrict__ derivative, float *__restrict__ gradient,
                             float *__restrict__ partial) {
  const int64_t i = CTORCH_THREAD;
  if (i >= chunks * columns) { return; }
  const int64_t chunk = i / columns, column = i % columns;
  const int64_t end = (chunk + 1) * chunkRows < count ? (chunk + 1) * chunkRows : count;
  float sum = 0;
  for (int64_t row = chunk * chunkRows; row < end; ++row) {
    const int64_t at = row * columns + column;
    const float product = gradient[at] * derivative[at];
    gradient[at] = product;
    sum += product;
  }
  partial[i] = sum;
}

/// Sums of `each` chunks at a time.
CTORCH_KERNEL foldKernel(int64_t chunks, int64_t columns, int64_t folded, int64_t each, const float *partial,
                         float *out) {
  const int64_t i = CTORCH_THREAD;
  if (i >= folded * columns) { return; }
  const int64_t begin = i / columns * each, end = begin + each < chunks ? begin + each : chunks;
  float sum = 0;
  for (int64_t chunk = begin; chunk < end; ++chunk) { sum += partial[chunk * columns + i % columns]; }
  out[i] = sum;
}

CTORCH_KERNEL squaresKernel(const Segment *segments, int64_t count, double *sums) {
  const int64_t i = CTORCH_THREAD;
  if (i >= count * kSquareLanes) { return; }
  const Segment &s = segments[i / kSquareLanes];
  double sum = 0;
  for (int64_t at = i % kSquareLanes; at < s.count; at += kSquareLanes) {
    const double g = gradientOf(s, at);
    sum += g * g;
  }
  sums[i] = sum;
}

/// As `torch.nn.utils.clip_grad_norm_`: by limit/(norm + 1e-6) where that is below one.
CTORCH_KERNEL factorsKernel(int64_t count, int32_t isGlobal, double limit, const double *sums, float *factors) {
  const int64_t i = CTORCH_THREAD;
  if (i >= count) { return; }
  const double sum =
      isGlobal ? sumInOrder(sums, count * kSquareLanes) : sumInOrder(sums + i * kSquareLanes, kSquareLanes);
  const double factor = limit / (sqrt(sum) + 1e-6);
  factors[i] = factor < 1 ? static_cast<float>(factor) : 1.0f;
}

/// `numbers` of the run's batch; `factors` of the segments, or null without clipping.
CTORCH_KERNEL updateKernel(const RunPlace *place, const StepNumbers *numbers, int32_t rule, const Segment *segments,
                           const Piece *pieces, int64_t count, const float *factors) {
  constexpr int64_t threads = kBlockThreads, each = kPieceElements / kBlockThreads;
  const int64_t piece = CTORCH_THREAD / threads, lane = CTORCH_THREAD % threads;
  if (piece >= count) { return; }
  const Segment &s = segments[pieces[piece].segment];
  const StepNumbers n = numbers[place->batch];
  const float factor = factors ? factors[pieces[piece].segment] : 1.0f;
  for (int64_t k = 0; k < each; ++k) {
    const int64_t i = pieces[piece].begin + k * threads + lane;
    if (i >= s.count) { return; }
    float p = s.parameter[i], m = s.m[i], v = s.v[i];
    followRule(rule, n, factor * gradientOf(s, i), p, m, v);
    s.parameter[i] = p;
    s.m[i] = m;
    s.v[i] = v;
  }
}

/// The batch's loss, then the place of the next batch. One thread.
CTORCH_KERNEL finishKernel(RunPlace *place, int64_t lanes, const double *sums, double *losses) {
  if (CTORCH_THREAD != 0) { return; }
  losses[place->batch] = sumInOrder(sums, lanes);
  place->batch += 1;
}

}  // namespace ctorch
