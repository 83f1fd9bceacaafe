// The fused training step for chains of dense layers. LibTorch multiplies the matrices, into buffers made
// once; everything between two products is one pass over memory (Kernels.cpp). Sums over rows are taken in blocks of
// fixed length whose partial sums are added in order, so the number of threads changes no bit.
#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "Backend.h"
#include "Kernels.h"
#include "Support.h"
#include "Tiles.h"

extern "C" void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);

namespace ctorch {

namespace {
struct Share {
  IndexedBody body;
  std::atomic<int64_t> next;
  int64_t count;
};
void takeShare(void *data) {
  auto *share = static_cast<Share *>(data);
  for (int64_t i; (i = share->next.fetch_add(1, std::memory_order_relaxed)) < share->count;) { share->body(i); }
}
}  // namespace

// LibTorch's team is libgomp's; calling it by its own entry point reuses the threads that already spin for the
// matrix products. (Clang's -fopenmp would bring a second runtime with a second team.)
void parallel(int64_t count, IndexedBody body) {
  const int64_t threads = std::min<int64_t>(at::get_num_threads(), count);
  Share share{body, {0}, count};
  if (threads <= 1) {
    takeShare(&share);
  } else {
    GOMP_parallel(takeShare, &share, static_cast<unsigned>(threads), 0);
  }
}

CTorchStatus keepMask(uint64_t key, uint64_t step, uint32_t threshold, int64_t rows, int64_t columns, int32_t device,
                      CTorchTensorRef *out) {
  return yielding(out, [&] {
    TORCH_CHECK(rows >= 0 && columns >= 0, "mask of ", rows, " × ", columns);
    if (device >= 0) { return maskOn(cudaBackend(device), key, step, threshold, rows, columns); }
    at::Tensor mask = at::empty({rows, columns}, at::kFloat);
    float *data = writable(mask);
    parallel(blocks(rows, kRowBlock), [&](int64_t block) {
      const int64_t at = block * kRowBlock;
      kernels().keepMask(key, step, threshold, at, std::min(rows, at + kRowBlock), columns, data);
    });
    return mask;
  });
}

}  // namespace ctorch

/// Tensors of one layer and its buffers, [largest batch, out].
struct DenseLayerState {
  ctorch::Updated weight, bias;
  at::Tensor products, outputs, gradients;
  ctorch::ActivationPass pass;
  int64_t in, out;
  bool hasBias;
};

/// The first rows of a layer's buffers, and transposes.
struct DenseLayerViews {
  at::Tensor products, outputs, gradients, gradientsTransposed, weightTransposed;
};

struct CTorchDense {
  std::vector<DenseLayerState> layers;
  /// Of all layers, for the update.
  std::vector<ctorch::Updated> updated;
  /// For batches of `viewedRows`; made anew only when that changes.
  std::vector<DenseLayerViews> views;
  at::Tensor inputView;
  int64_t viewedRows = 0;
  at::Tensor input, partialSums;
  int64_t largest;
  /// Rows of the last forward pass whose outputs still stand; 0 where none do.
  int64_t pending;
  bool trains;
  /// What answers in place of the layers, where the processor has tiles and nothing is trained.
  std::unique_ptr<ctorch::TiledNetwork> tiles;
};

namespace ctorch {

static at::Tensor plainShare(CTorchTensorRef handle, at::IntArrayRef shape, const char *role, int32_t layer) {
  // Shares the storage and leaves the autograd graph: the fused step writes through it.
  at::Tensor t = handle->value.detach();
  TORCH_CHECK(isPlain(t) && t.sizes() == shape, "layer ", layer, ": ", role, " must be contiguous float32 on the CPU, ",
              "shape ", shape, ", found shape ", t.sizes(), " of type ", t.scalar_type());
  return t;
}

static DenseLayerState layerState(const CTorchDenseLayer &l, int32_t index, int64_t largestBatch, bool trains) {
  DenseLayerState s;
  s.out = l.weight->value.size(0);
  s.in = l.weight->value.size(1);
  s.hasBias = l.bias != nullptr;
  s.weight.parameter = plainShare(l.weight, {s.out, s.in}, "weight", index);
  // A layer without bias adds zeros that nothing changes: the kernels know one form.
  s.bias.parameter = s.hasBias ? plainShare(l.bias, {s.out}, "bias", index) : at::zeros({s.out}, at::kFloat);
  s.pass = {l.activation, l.activation_parameter, l.drop_threshold, l.dropped, l.scale, l.shift, l.mask_key, 0};
  s.products = at::empty({largestBatch, s.out}, at::kFloat);
  if (!trains) { return s; }
  TORCH_CHECK(l.weight_m && l.weight_v && (!s.hasBias || (l.bias_m && l.bias_v)), "layer ", index, " has no moments");
  s.weight.m = plainShare(l.weight_m, {s.out, s.in}, "first moment of weight", index);
  s.weight.v = plainShare(l.weight_v, {s.out, s.in}, "second moment of weight", index);
  s.weight.gradient = at::empty({s.out, s.in}, at::kFloat);
  s.weight.l1 = l.l1;
  s.weight.l2 = l.l2;
  if (s.hasBias) {
    s.bias.m = plainShare(l.bias_m, {s.out}, "first moment of bias", index);
    s.bias.v = plainShare(l.bias_v, {s.out}, "second moment of bias", index);
  }
  s.bias.gradient = at::empty({s.out}, at::kFloat);
  s.outputs = at::empty({largestBatch, s.out}, at::kFloat);
  s.gradients = at::empty({largestBatch, s.out}, at::kFloat);
  return s;
}

CTorchStatus denseCreate(const CTorchDenseLayer *layers, int32_t count, int64_t largestBatch, CTorchDenseRef *out) {
  return guarded([&] {
    at::NoGradGuard guard;
    TORCH_CHECK(count > 0 && largestBatch > 0, "a fused network of ", count, " layers for batches of ", largestBatch);
    auto network = std::make_unique<CTorchDense>();
    network->largest = largestBatch;
    network->pending = 0;
    network->trains = layers[0].weight_m != nullptr;
    int64_t width = -1, widest = 1;
    for (int32_t i = 0; i < count; ++i) {
      TORCH_CHECK(layers[i].weight->value.dim() == 2, "layer ", i, ": weight of rank ", layers[i].weight->value.dim());
      DenseLayerState s = layerState(layers[i], i, largestBatch, network->trains);
      TORCH_CHECK(width < 0 || s.in == width, "layer ", i, " takes ", s.in, " inputs, the layer before gives ", width);
      width = s.out;
      widest = std::max(widest, s.out);
      network->layers.push_back(std::move(s));
    }
    if (network->trains) {
      network->input = at::empty({largestBatch, network->layers[0].in}, at::kFloat);
      network->partialSums = at::empty({blocks(largestBatch, kRowBlock), widest}, at::kFloat);
      for (DenseLayerState &layer : network->layers) {
        network->updated.push_back(layer.weight);
        if (layer.hasBias) { network->updated.push_back(layer.bias); }
      }
    } else if (TiledNetwork::isSupported()) {
      network->tiles = std::make_unique<TiledNetwork>();
      for (const DenseLayerState &layer : network->layers) {
        network->tiles->append(readable(layer.weight.parameter), readable(layer.bias.parameter), layer.out, layer.in,
                               layer.pass);
      }
    }
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

/// Views of the first `count` rows: LibTorch takes tensors, and making them costs more than small products do.
static void view(CTorchDense &network, int64_t count) {
  if (network.viewedRows == count) { return; }
  network.views.clear();
  for (DenseLayerState &layer : network.layers) {
    const at::Tensor gradients = head(layer.gradients, count);
    network.views.push_back({head(layer.products, count), head(layer.outputs, count), gradients, gradients.t(),
                             layer.weight.parameter.t()});
  }
  network.inputView = head(network.input, count);
  network.viewedRows = count;
}

static void forwardLayers(CTorchDense &network, int64_t count, uint64_t step) {
  view(network, count);
  const at::Tensor *below = &network.inputView;
  for (size_t index = 0; index < network.layers.size(); ++index) {
    DenseLayerState &layer = network.layers[index];
    DenseLayerViews &views = network.views[index];
    at::mm_out(views.products, *below, views.weightTransposed);
    layer.pass.step = step;
    float *z = writable(views.products), *h = writable(views.outputs);
    const float *bias = readable(layer.bias.parameter);
    parallel(blocks(count, kRowBlock), [&](int64_t block) {
      const int64_t at = block * kRowBlock;
      kernels().forward(layer.pass, at, std::min(count, at + kRowBlock), layer.out, bias, z, h);
    });
    below = &views.outputs;
  }
}

static const float *plainValues(CTorchTensorRef handle, int64_t count, const char *role) {
  const at::Tensor &t = handle->value;
  TORCH_CHECK(isPlain(t) && t.numel() == count, role, " must be ", count, " contiguous float32 on the CPU, found shape ",
              t.sizes(), " of type ", t.scalar_type());
  return readable(t);
}

namespace {
struct Rows {
  const float *targets, *weights;
  const int32_t *numbers;
  int64_t count;
};
}  // namespace

// Each writes d(Σ w·ℓ / count)/d(output) and returns Σ w·ℓ.

/// ℓ = max(z, 0) − z·y + ln(1 + exp(−|z|)).
static double binarySeed(const Rows &rows, const float *logits, float *seed) {
  double sum = 0;
  for (int64_t i = 0; i < rows.count; ++i) {
    const double z = logits[i], y = rows.targets[rows.numbers[i]], w = rows.weights[rows.numbers[i]];
    const double e = std::exp(-std::abs(z));
    sum += w * (std::max(z, 0.0) - z * y + std::log1p(e));
    const double probability = z >= 0 ? 1 / (1 + e) : e / (1 + e);
    seed[i] = static_cast<float>(w * (probability - y) / static_cast<double>(rows.count));
  }
  return sum;
}

/// ℓ = ln Σ exp(z) − z_y.
static double categoricalSeed(const Rows &rows, int64_t classes, const float *logits, float *seed) {
  double sum = 0;
  static thread_local std::vector<double> powers;
  powers.resize(static_cast<size_t>(classes));
  for (int64_t i = 0; i < rows.count; ++i) {
    const float *z = logits + i * classes;
    const auto label = static_cast<int64_t>(rows.targets[rows.numbers[i]]);
    TORCH_CHECK(label >= 0 && label < classes, "row ", rows.numbers[i], " has class ", label, " of ", classes);
    const double w = rows.weights[rows.numbers[i]], top = *std::max_element(z, z + classes);
    double total = 0;
    for (int64_t k = 0; k < classes; ++k) { total += powers[k] = std::exp(z[k] - top); }
    sum += w * (top + std::log(total) - z[label]);
    for (int64_t k = 0; k < classes; ++k) {
      const double slope = powers[k] / total - (k == label ? 1 : 0);
      seed[i * classes + k] = static_cast<float>(w * slope / static_cast<double>(rows.count));
    }
  }
  return sum;
}

/// ℓ = Σ (z − t)² / outputs.
static double squaredSeed(const Rows &rows, int64_t width, const float *outputs, float *seed) {
  double sum = 0;
  for (int64_t i = 0; i < rows.count; ++i) {
    const float *target = rows.targets + static_cast<int64_t>(rows.numbers[i]) * width;
    const double w = rows.weights[rows.numbers[i]] / static_cast<double>(width);
    for (int64_t k = 0; k < width; ++k) {
      const double difference = static_cast<double>(outputs[i * width + k]) - target[k];
      sum += w * difference * difference;
      seed[i * width + k] = static_cast<float>(2 * w * difference / static_cast<double>(rows.count));
    }
  }
  return sum;
}

static double lossAndSeed(CTorchDense &network, int32_t kind, const Rows &rows) {
  DenseLayerState &last = network.layers.back();
  const float *outputs = readable(last.outputs);
  float *seed = writable(last.gradients);
  switch (kind) {
    case CTORCH_DENSE_BINARY: return binarySeed(rows, outputs, seed);
    case CTORCH_DENSE_CATEGORICAL: return categoricalSeed(rows, last.out, outputs, seed);
    default: return squaredSeed(rows, last.out, outputs, seed);
  }
}

static void backwardLayers(CTorchDense &network, int64_t count) {
  for (int64_t index = static_cast<int64_t>(network.layers.size()) - 1; index >= 0; --index) {
    DenseLayerState &layer = network.layers[index];
    DenseLayerViews &views = network.views[index];
    float *g = writable(views.gradients), *partial = writable(network.partialSums);
    const float *slope = readable(layer.products);
    const int64_t pieces = blocks(count, kRowBlock);
    parallel(pieces, [&](int64_t block) {
      const int64_t at = block * kRowBlock;
      kernels().backward(at, std::min(count, at + kRowBlock), layer.out, slope, g, partial + block * layer.out);
    });
    float *bias = writable(layer.bias.gradient);
    std::fill_n(bias, layer.out, 0.0f);
    for (int64_t block = 0; block < pieces; ++block) {
      for (int64_t j = 0; j < layer.out; ++j) { bias[j] += partial[block * layer.out + j]; }
    }
    const at::Tensor &below = index == 0 ? network.inputView : network.views[index - 1].outputs;
    at::mm_out(layer.weight.gradient, views.gradientsTransposed, below);
    if (index > 0) { at::mm_out(network.views[index - 1].gradients, views.gradients, layer.weight.parameter); }
  }
}

static void forwardRowsOf(CTorchDense &network, const at::Tensor &x, const int32_t *rows, int64_t count,
                          uint64_t step) {
  TORCH_CHECK(network.trains, "this fused network has no moments: it answers, it does not train");
  TORCH_CHECK(x.dim() == 2 && isPlain(x) && x.size(1) == network.layers[0].in, "features must be contiguous float32 ",
              "of ", network.layers[0].in, " columns, found shape ", x.sizes());
  TORCH_CHECK(count > 0 && count <= network.largest, "batch of ", count, ", buffers hold ", network.largest);
  const int64_t events = x.size(0);
  for (int64_t i = 0; i < count; ++i) { TORCH_CHECK(rows[i] >= 0 && rows[i] < events, "row ", rows[i], " of ", events); }
  gatherRows(network, readable(x), rows, count);
  forwardLayers(network, count, step);
}

CTorchStatus denseStep(CTorchDenseRef network, CTorchTensorRef features, CTorchTensorRef targets,
                       CTorchTensorRef weights, const int32_t *rows, int64_t count, uint64_t step, int32_t lossKind,
                       const CTorchOptimizerStep *update, double *loss) {
  return guarded([&] {
    at::NoGradGuard guard;
    const at::Tensor &x = features->value;
    const int64_t width = network->layers.back().out, events = x.dim() == 2 ? x.size(0) : 0;
    TORCH_CHECK(lossKind >= CTORCH_DENSE_BINARY && lossKind <= CTORCH_DENSE_SQUARED, "no loss ", lossKind);
    TORCH_CHECK(lossKind != CTORCH_DENSE_BINARY || width == 1, "binary cross-entropy takes one logit, found ", width);
    const Rows batch = {plainValues(targets, lossKind == CTORCH_DENSE_SQUARED ? events * width : events, "targets"),
                        plainValues(weights, events, "weights"), rows, count};
    network->pending = 0;
    forwardRowsOf(*network, x, rows, count, step);
    *loss = lossAndSeed(*network, lossKind, batch);
    backwardLayers(*network, count);
    updateAll(network->updated, *update);
  });
}

CTorchStatus denseForward(CTorchDenseRef network, CTorchTensorRef features, const int32_t *rows, int64_t count,
                          uint64_t step, CTorchTensorRef *outputs) {
  return yielding(outputs, [&] {
    at::NoGradGuard guard;
    network->pending = 0;
    forwardRowsOf(*network, features->value, rows, count, step);
    network->pending = count;
    return head(network->layers.back().outputs, count).clone();
  });
}

CTorchStatus denseBackward(CTorchDenseRef network, CTorchTensorRef seed, const CTorchOptimizerStep *update) {
  return guarded([&] {
    at::NoGradGuard guard;
    DenseLayerState &last = network->layers.back();
    const int64_t count = network->pending;
    TORCH_CHECK(count > 0, "a backward pass needs a forward pass before it");
    const at::Tensor g = seed->value.detach().contiguous();
    TORCH_CHECK(isPlain(g) && g.numel() == count * last.out, "the seed must be ", count, " × ", last.out,
                " float32 on the CPU, found shape ", g.sizes());
    std::copy_n(readable(g), g.numel(), writable(last.gradients));
    network->pending = 0;
    backwardLayers(*network, count);
    updateAll(network->updated, *update);
  });
}

CTorchStatus denseOutputs(CTorchDenseRef network, const float *features, int64_t events, float *outputs) {
  return guarded([&] {
    at::NoGradGuard guard;
    network->pending = 0;
    if (network->tiles != nullptr) { return network->tiles->outputs(features, events, outputs); }
    const int64_t columns = network->layers[0].in, width = network->layers.back().out;
    for (int64_t start = 0; start < events; start += network->largest) {
      const int64_t count = std::min(network->largest, events - start);
      // Only read: LibTorch has no tensor over constant memory.
      at::Tensor below = at::from_blob(const_cast<float *>(features) + start * columns, {count, columns}, at::kFloat);
      for (DenseLayerState &layer : network->layers) {
        at::Tensor products = head(layer.products, count);
        at::mm_out(products, below, layer.weight.parameter.t());
        float *z = writable(products);
        const float *bias = readable(layer.bias.parameter);
        parallel(blocks(count, kRowBlock), [&](int64_t block) {
          const int64_t at = block * kRowBlock;
          kernels().infer(layer.pass, at, std::min(count, at + kRowBlock), layer.out, bias, z);
        });
        below = products;
      }
      std::copy_n(readable(below), count * width, outputs + start * width);
    }
  });
}

}  // namespace ctorch
