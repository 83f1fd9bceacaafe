// The fused training step for dense networks with one logit. LibTorch multiplies the matrices, into buffers made
// once; everything between two products is one pass over memory (Kernels.cpp). Sums over rows are taken in blocks of
// fixed length whose partial sums are added in order, so the number of threads changes no bit.
#include <algorithm>
#include <cmath>
#include <vector>

#include "Kernels.h"
#include "Support.h"

extern "C" void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);

namespace ctorch {

namespace {
struct Share {
  const std::function<void(int64_t)> *body;
  std::atomic<int64_t> next;
  int64_t count;
};
void takeShare(void *data) {
  auto *share = static_cast<Share *>(data);
  for (int64_t i; (i = share->next.fetch_add(1, std::memory_order_relaxed)) < share->count;) { (*share->body)(i); }
}
constexpr int64_t kRowBlock = 32;
constexpr int64_t kElementBlock = 16384;
int64_t blocks(int64_t count, int64_t length) { return (count + length - 1) / length; }
}  // namespace

// LibTorch's team is libgomp's; calling it by its own entry point reuses the threads that already spin for the
// matrix products. (Clang's -fopenmp would bring a second runtime with a second team.)
void parallel(int64_t count, const std::function<void(int64_t)> &body) {
  const int64_t threads = std::min<int64_t>(at::get_num_threads(), count);
  Share share{&body, {0}, count};
  if (threads <= 1) {
    takeShare(&share);
  } else {
    GOMP_parallel(takeShare, &share, static_cast<unsigned>(threads), 0);
  }
}

static MomentNumbers numbers(const CTorchMomentStep &s) {
  return {static_cast<float>(s.beta1),        static_cast<float>(s.beta2),        static_cast<float>(s.keep),
          static_cast<float>(s.gradient_rate), static_cast<float>(s.momentum_rate),
          static_cast<float>(s.second_correction), static_cast<float>(s.epsilon), static_cast<float>(s.coupled_decay)};
}

static void updateParameter(const MomentNumbers &step, const at::Tensor &gradient, at::Tensor &parameter, at::Tensor &m,
                            at::Tensor &v) {
  const int64_t count = parameter.numel();
  const float *g = readable(gradient);
  float *p = writable(parameter), *first = writable(m),
        *second = writable(v);
  parallel(blocks(count, kElementBlock), [&](int64_t block) {
    const int64_t at = block * kElementBlock, length = std::min(kElementBlock, count - at);
    kernels().moments(step, length, g + at, p + at, first + at, second + at);
  });
}

static bool isPlain(const at::Tensor &t) {
  return t.is_contiguous() && t.scalar_type() == at::kFloat && t.device().is_cpu();
}

CTorchStatus momentStep(CTorchTensorRef parameter, CTorchTensorRef gradient, CTorchTensorRef m, CTorchTensorRef v,
                        const CTorchMomentStep *step) {
  return guarded([&] {
    at::NoGradGuard guard;
    at::Tensor &p = parameter->value;
    const at::Tensor g = gradient->value.contiguous();
    TORCH_CHECK(p.sizes() == g.sizes() && p.sizes() == m->value.sizes() && p.sizes() == v->value.sizes(),
                "optimiser step: parameter ", p.sizes(), ", gradient ", g.sizes(), ", moments ", m->value.sizes(),
                " and ", v->value.sizes(), " differ in shape");
    if (isPlain(p) && isPlain(g) && isPlain(m->value) && isPlain(v->value)) {
      updateParameter(numbers(*step), g, p, m->value, v->value);
      return;
    }
    const at::Tensor total = step->coupled_decay == 0 ? g : g.add(p, step->coupled_decay);
    m->value.mul_(step->beta1).add_(total, 1 - step->beta1);
    v->value.mul_(step->beta2).addcmul_(total, total, 1 - step->beta2);
    const at::Tensor denominator = v->value.mul(step->second_correction).sqrt_().add_(step->epsilon);
    const at::Tensor numerator = total.mul(step->gradient_rate).add_(m->value, step->momentum_rate);
    p.mul_(step->keep).sub_(numerator.div_(denominator));
  });
}

CTorchStatus keepMask(uint64_t key, uint64_t step, uint32_t threshold, int64_t rows, int64_t columns, int32_t device,
                      CTorchTensorRef *out) {
  return yielding(out, [&] {
    TORCH_CHECK(rows >= 0 && columns >= 0, "mask of ", rows, " × ", columns);
    at::Tensor mask = at::empty({rows, columns}, at::kFloat);
    float *data = writable(mask);
    parallel(blocks(rows, kRowBlock), [&](int64_t block) {
      const int64_t at = block * kRowBlock;
      kernels().keepMask(key, step, threshold, at, std::min(rows, at + kRowBlock), columns, data);
    });
    return device < 0 ? mask : mask.to(at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device)));
  });
}

}  // namespace ctorch

/// Tensors of one layer and its buffers, [largest batch, out].
struct DenseLayerState {
  at::Tensor weight, bias, weightM, weightV, biasM, biasV;
  at::Tensor weightGradient, biasGradient, products, outputs, gradients;
  ctorch::ActivationPass pass;
  int64_t in, out;
};

struct CTorchDense {
  std::vector<DenseLayerState> layers;
  at::Tensor input, partialSums;
  int64_t largest;
};

namespace ctorch {

static at::Tensor plainShare(CTorchTensorRef handle, at::IntArrayRef shape, const char *role, int32_t layer) {
  // Shares the storage and leaves the autograd graph: the fused step writes through it.
  at::Tensor t = handle->value.detach();
  TORCH_CHECK(isPlain(t) && t.sizes() == shape, "layer ", layer, ": ", role, " must be contiguous float32 on the CPU, ",
              "shape ", shape, ", found shape ", t.sizes(), " of type ", t.scalar_type());
  return t;
}

CTorchStatus denseCreate(const CTorchDenseLayer *layers, int32_t count, int64_t largestBatch, CTorchDenseRef *out) {
  return guarded([&] {
    at::NoGradGuard guard;
    TORCH_CHECK(count > 0 && largestBatch > 0, "a fused network of ", count, " layers for batches of ", largestBatch);
    auto network = std::make_unique<CTorchDense>();
    network->largest = largestBatch;
    int64_t width = -1, widest = 1;
    for (int32_t i = 0; i < count; ++i) {
      const CTorchDenseLayer &l = layers[i];
      TORCH_CHECK(l.weight->value.dim() == 2, "layer ", i, ": weight of rank ", l.weight->value.dim());
      const int64_t outs = l.weight->value.size(0), ins = l.weight->value.size(1);
      TORCH_CHECK(width < 0 || ins == width, "layer ", i, " takes ", ins, " inputs, the layer before gives ", width);
      width = outs;
      widest = std::max(widest, outs);
      DenseLayerState s;
      s.in = ins;
      s.out = outs;
      s.weight = plainShare(l.weight, {outs, ins}, "weight", i);
      s.weightM = plainShare(l.weight_m, {outs, ins}, "first moment of weight", i);
      s.weightV = plainShare(l.weight_v, {outs, ins}, "second moment of weight", i);
      s.bias = plainShare(l.bias, {outs}, "bias", i);
      s.biasM = plainShare(l.bias_m, {outs}, "first moment of bias", i);
      s.biasV = plainShare(l.bias_v, {outs}, "second moment of bias", i);
      s.weightGradient = at::empty({outs, ins}, at::kFloat);
      s.biasGradient = at::empty({outs}, at::kFloat);
      s.products = at::empty({largestBatch, outs}, at::kFloat);
      s.outputs = at::empty({largestBatch, outs}, at::kFloat);
      s.gradients = at::empty({largestBatch, outs}, at::kFloat);
      s.pass = {l.activation, l.activation_parameter, l.drop_threshold, l.dropped, l.scale, l.shift, l.mask_key, 0};
      network->layers.push_back(std::move(s));
    }
    TORCH_CHECK(width == 1, "a fused network ends in one logit, this one in ", width);
    network->input = at::empty({largestBatch, network->layers[0].in}, at::kFloat);
    network->partialSums = at::empty({blocks(largestBatch, kRowBlock), widest}, at::kFloat);
    *out = network.release();
  });
}

void denseRelease(CTorchDenseRef network) { delete network; }

/// [rows, columns] over the beginning of a larger buffer.
static at::Tensor head(const at::Tensor &buffer, int64_t rows) { return buffer.narrow(0, 0, rows); }

static void gatherRows(CTorchDense &network, const float *features, const int32_t *rows, int64_t count) {
  const int64_t columns = network.layers[0].in;
  float *input = writable(network.input);
  parallel(blocks(count, kRowBlock), [&](int64_t block) {
    const int64_t end = std::min(count, (block + 1) * kRowBlock);
    for (int64_t i = block * kRowBlock; i < end; ++i) {
      std::copy_n(features + static_cast<int64_t>(rows[i]) * columns, columns, input + i * columns);
    }
  });
}

static void forwardLayers(CTorchDense &network, int64_t count, uint64_t step) {
  at::Tensor below = head(network.input, count);
  for (DenseLayerState &layer : network.layers) {
    at::Tensor products = head(layer.products, count), outputs = head(layer.outputs, count);
    at::mm_out(products, below, layer.weight.t());
    layer.pass.step = step;
    float *z = writable(products), *h = writable(outputs);
    const float *bias = readable(layer.bias);
    parallel(blocks(count, kRowBlock), [&](int64_t block) {
      const int64_t at = block * kRowBlock;
      kernels().forward(layer.pass, at, std::min(count, at + kRowBlock), layer.out, bias, z, h);
    });
    below = outputs;
  }
}

/// Writes d(Σ w·ℓ / count)/d(logit) and returns Σ w·ℓ, with ℓ = max(z, 0) − z·y + ln(1 + exp(−|z|)).
static double lossAndSeed(CTorchDense &network, const float *labels, const float *weights, const int32_t *rows,
                          int64_t count) {
  DenseLayerState &last = network.layers.back();
  const float *logits = readable(last.outputs);
  float *seed = writable(last.gradients);
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    const double z = logits[i], y = labels[rows[i]], w = weights[rows[i]];
    const double e = std::exp(-std::abs(z));
    sum += w * (std::max(z, 0.0) - z * y + std::log1p(e));
    const double probability = z >= 0 ? 1 / (1 + e) : e / (1 + e);
    seed[i] = static_cast<float>(w * (probability - y) / static_cast<double>(count));
  }
  return sum;
}

static void backwardLayers(CTorchDense &network, int64_t count) {
  for (int64_t index = static_cast<int64_t>(network.layers.size()) - 1; index >= 0; --index) {
    DenseLayerState &layer = network.layers[index];
    at::Tensor gradients = head(layer.gradients, count);
    float *g = writable(gradients), *partial = writable(network.partialSums);
    const float *slope = readable(layer.products);
    const int64_t pieces = blocks(count, kRowBlock);
    parallel(pieces, [&](int64_t block) {
      const int64_t at = block * kRowBlock;
      kernels().backward(at, std::min(count, at + kRowBlock), layer.out, slope, g, partial + block * layer.out);
    });
    float *bias = writable(layer.biasGradient);
    std::fill_n(bias, layer.out, 0.0f);
    for (int64_t block = 0; block < pieces; ++block) {
      for (int64_t j = 0; j < layer.out; ++j) { bias[j] += partial[block * layer.out + j]; }
    }
    const at::Tensor below = index == 0 ? head(network.input, count) : head(network.layers[index - 1].outputs, count);
    at::mm_out(layer.weightGradient, gradients.t(), below);
    if (index > 0) {
      at::Tensor next = head(network.layers[index - 1].gradients, count);
      at::mm_out(next, gradients, layer.weight);
    }
  }
}

static const float *vectorOf(CTorchTensorRef handle, int64_t count, const char *role) {
  const at::Tensor &t = handle->value;
  TORCH_CHECK(isPlain(t) && t.numel() == count, role, " must be ", count, " contiguous float32 on the CPU, found shape ",
              t.sizes(), " of type ", t.scalar_type());
  return readable(t);
}

CTorchStatus denseStep(CTorchDenseRef network, CTorchTensorRef features, CTorchTensorRef labels,
                       CTorchTensorRef weights, const int32_t *rows, int64_t count, uint64_t step,
                       const CTorchMomentStep *update, double *loss) {
  return guarded([&] {
    at::NoGradGuard guard;
    const at::Tensor &x = features->value;
    TORCH_CHECK(x.dim() == 2 && isPlain(x) && x.size(1) == network->layers[0].in, "features must be contiguous float32 ",
                "of ", network->layers[0].in, " columns, found shape ", x.sizes());
    TORCH_CHECK(count > 0 && count <= network->largest, "batch of ", count, ", buffers hold ", network->largest);
    const int64_t events = x.size(0);
    for (int64_t i = 0; i < count; ++i) {
      TORCH_CHECK(rows[i] >= 0 && rows[i] < events, "row ", rows[i], " of ", events);
    }
    const float *y = vectorOf(labels, events, "labels"), *w = vectorOf(weights, events, "weights");
    gatherRows(*network, readable(x), rows, count);
    forwardLayers(*network, count, step);
    *loss = lossAndSeed(*network, y, w, rows, count);
    backwardLayers(*network, count);
    const MomentNumbers constants = numbers(*update);
    for (DenseLayerState &layer : network->layers) {
      updateParameter(constants, layer.weightGradient, layer.weight, layer.weightM, layer.weightV);
      updateParameter(constants, layer.biasGradient, layer.bias, layer.biasM, layer.biasV);
    }
  });
}

CTorchStatus denseLogits(CTorchDenseRef network, CTorchTensorRef features, float *logits) {
  return guarded([&] {
    at::NoGradGuard guard;
    const at::Tensor &x = features->value;
    TORCH_CHECK(x.dim() == 2 && isPlain(x) && x.size(1) == network->layers[0].in, "features must be contiguous float32 ",
                "of ", network->layers[0].in, " columns, found shape ", x.sizes());
    for (int64_t start = 0; start < x.size(0); start += network->largest) {
      const int64_t count = std::min(network->largest, x.size(0) - start);
      at::Tensor below = x.narrow(0, start, count);
      for (DenseLayerState &layer : network->layers) {
        at::Tensor products = head(layer.products, count);
        at::mm_out(products, below, layer.weight.t());
        float *z = writable(products);
        const float *bias = readable(layer.bias);
        parallel(blocks(count, kRowBlock), [&](int64_t block) {
          const int64_t at = block * kRowBlock;
          kernels().infer(layer.pass, at, std::min(count, at + kRowBlock), layer.out, bias, z);
        });
        below = products;
      }
      std::copy_n(readable(below), count, logits + start);
    }
  });
}

}  // namespace ctorch
