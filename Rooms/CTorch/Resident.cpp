// The training step of a chain of dense layers whose sample, parameters and buffers stay in a device's memory. A run goes over
// many batches: their rows and step numbers are sent before it, their losses are read after it, and nothing waits in
// between. A full batch is recorded once and then issued as one launch. The passes are those of Dense.cpp, with the
// same masks; sums over rows are cut otherwise, so results agree to rounding.
#include <algorithm>
#include <cstring>
#include <vector>

#include "Backend.h"

namespace {

/// A part of a device's memory that holds `count` elements of `Element`.
template <typename Element>
struct Array {
  at::Tensor bytes;

  void make(int64_t count, at::Device device) {
    bytes = at::empty({static_cast<int64_t>(count * sizeof(Element))}, at::TensorOptions().dtype(at::kByte).device(device));
  }
  void send(const std::vector<Element> &values) {
    if (values.empty()) { return; }
    const int64_t size = static_cast<int64_t>(values.size() * sizeof(Element));
    TORCH_CHECK(size <= bytes.numel(), "a run of ", size, " bytes, there is room for ", bytes.numel());
    bytes.narrow(0, 0, size).copy_(at::from_blob(const_cast<Element *>(values.data()), {size}, at::kByte));
  }
  std::vector<Element> read(int64_t count) const {
    std::vector<Element> values(static_cast<size_t>(count));
    const int64_t size = static_cast<int64_t>(count * sizeof(Element));
    at::from_blob(values.data(), {size}, at::kByte).copy_(bytes.narrow(0, 0, size));
    return values;
  }
  Element *values() const { return static_cast<Element *>(bytes.mutable_data_ptr()); }
};

struct ResidentLayer {
  int64_t in, out;
  at::Tensor weight, bias;
  bool hasBias;
  ctorch::ActivationPass pass;
  /// Of the largest batch: z, then the derivative; the outputs; d(loss)/d(output).
  at::Tensor products, outputs, gradients;
  at::Tensor weightGradient, partial, folded;
};

/// What a recorded step depends on beside the network.
struct StepKind {
  const void *features, *targets, *weights;
  int32_t loss, rule, clipping;
  double clipNorm;

  bool operator==(const StepKind &o) const {
    return features == o.features && targets == o.targets && weights == o.weights && loss == o.loss && rule == o.rule &&
           clipping == o.clipping && clipNorm == o.clipNorm;
  }
};

}  // namespace

struct CTorchResident {
  ctorch::Backend *backend;
  std::vector<ResidentLayer> layers;
  int64_t largest, capacity, segmentCount, pieceCount;
  bool trains;
  at::Tensor input;
  Array<ctorch::RunPlace> place;
  Array<int32_t> order;
  Array<ctorch::StepNumbers> numbers;
  Array<double> losses, lossSums, squareSums;
  Array<float> factors;
  Array<ctorch::Segment> segments;
  Array<ctorch::Piece> pieces;
  /// Of the run that was begun.
  int64_t runRows = 0, runBatches = 0, batchSize = 0;
  CTorchOptimizerStep update{};
  /// Rows of a forward pass whose outputs still stand.
  int64_t pending = 0;

  std::unique_ptr<ctorch::Recording> recording;
  StepKind recorded{};
  /// A step has run outside a recording: libraries have made what they make at their first call.
  bool isWarm = false;
  /// Rows of `folded` that may hold sums of an earlier batch.
  int64_t dirty = 0;
};

namespace ctorch {
namespace {

constexpr int64_t kMostChunks = 512, kMostFolded = 32, kLeastChunkRows = 8;

at::Tensor shared(CTorchTensorRef handle, at::IntArrayRef shape, at::Device device, const char *role, int32_t layer) {
  at::Tensor t = handle->value.detach();
  TORCH_CHECK(t.is_contiguous() && t.scalar_type() == at::kFloat && t.device() == device && t.sizes() == shape, "layer ",
              layer, ": ", role, " must be contiguous float32 on ", device, ", shape ", shape, ", found shape ", t.sizes(),
              " of type ", t.scalar_type(), " on ", t.device());
  return t;
}

struct Chunks {
  int64_t rows, count, folded, each;
};
/// Rows whose gradients one thread adds up, how many such chunks there are, and how many are left after folding.
Chunks chunksOf(int64_t count) {
  const int64_t rows = std::max(kLeastChunkRows, blocks(count, kMostChunks)), chunks = blocks(count, rows);
  const int64_t each = blocks(chunks, kMostFolded);
  return {rows, chunks, blocks(chunks, each), each};
}
/// The most that are left after folding for any batch up to `largest`.
int64_t foldedRows(int64_t largest) { return std::min(kMostFolded, blocks(largest, kLeastChunkRows)); }

void addSegment(std::vector<Segment> &segments, std::vector<Piece> &pieces, Segment segment) {
  for (int64_t begin = 0; begin < segment.count; begin += kPieceElements) {
    pieces.push_back({static_cast<int32_t>(segments.size()), begin});
  }
  segments.push_back(segment);
}

/// The parameters as the update sees them.
std::vector<Segment> segmentsOf(CTorchResident &network, const CTorchDenseLayer *layers, std::vector<Piece> &pieces,
                                at::Device device) {
  std::vector<Segment> segments;
  for (size_t i = 0; i < network.layers.size(); ++i) {
    ResidentLayer &s = network.layers[i];
    const CTorchDenseLayer &l = layers[i];
    const auto index = static_cast<int32_t>(i);
    TORCH_CHECK(l.weight_m && l.weight_v && (!s.hasBias || (l.bias_m && l.bias_v)), "layer ", i, " has no moments");
    const at::Tensor m = shared(l.weight_m, {s.out, s.in}, device, "first moment of weight", index);
    const at::Tensor v = shared(l.weight_v, {s.out, s.in}, device, "second moment of weight", index);
    addSegment(segments, pieces, {writable(s.weight), writable(m), writable(v), readable(s.weightGradient), s.in * s.out, 0,
                                  l.l1, l.l2});
    if (!s.hasBias) { continue; }
    const at::Tensor bm = shared(l.bias_m, {s.out}, device, "first moment of bias", index);
    const at::Tensor bv = shared(l.bias_v, {s.out}, device, "second moment of bias", index);
    addSegment(segments, pieces, {writable(s.bias), writable(bm), writable(bv), readable(s.folded), s.out,
                                  s.folded.size(0), 0, 0});
  }
  return segments;
}

ResidentLayer layerOf(const CTorchDenseLayer &l, int32_t index, int64_t largest, bool trains, at::Device device) {
  ResidentLayer s;
  s.out = l.weight->value.size(0);
  s.in = l.weight->value.size(1);
  s.hasBias = l.bias != nullptr;
  const auto options = at::TensorOptions().dtype(at::kFloat).device(device);
  s.weight = shared(l.weight, {s.out, s.in}, device, "weight", index);
  s.bias = s.hasBias ? shared(l.bias, {s.out}, device, "bias", index) : at::zeros({s.out}, options);
  s.pass = {l.activation, l.activation_parameter, l.drop_threshold, l.dropped, l.scale, l.shift, l.mask_key, 0};
  s.products = at::empty({largest, s.out}, options);
  if (!trains) { return s; }
  s.outputs = at::empty({largest, s.out}, options);
  s.gradients = at::empty({largest, s.out}, options);
  s.weightGradient = at::empty({s.out, s.in}, options);
  s.partial = at::empty({kMostChunks, s.out}, options);
  s.folded = at::zeros({foldedRows(largest), s.out}, options);
  return s;
}

void makeRunMemory(CTorchResident &network, const CTorchDenseLayer *layers, at::Device device) {
  const int64_t batches = blocks(network.capacity, network.largest);
  network.input = at::empty({network.largest, network.layers[0].in}, at::TensorOptions().dtype(at::kFloat).device(device));
  network.place.make(1, device);
  network.order.make(network.capacity, device);
  network.numbers.make(batches, device);
  network.losses.make(batches, device);
  network.lossSums.make(kLossLanes, device);
  std::vector<Piece> pieces;
  const std::vector<Segment> segments = segmentsOf(network, layers, pieces, device);
  network.segmentCount = static_cast<int64_t>(segments.size());
  network.pieceCount = static_cast<int64_t>(pieces.size());
  network.segments.make(network.segmentCount, device);
  network.segments.send(segments);
  network.pieces.make(network.pieceCount, device);
  network.pieces.send(pieces);
  network.squareSums.make(network.segmentCount * kSquareLanes, device);
  network.factors.make(network.segmentCount, device);
}

void forwardLayers(CTorchResident &network, int64_t count) {
  Backend &on = *network.backend;
  const float *below = readable(network.input);
  for (ResidentLayer &l : network.layers) {
    float *z = writable(l.products), *h = writable(l.outputs);
    on.multiply(z, count, l.in, l.out, {below, false}, {readable(l.weight), true});
    const int64_t groups = (l.out + kMaskGroup - 1) / kMaskGroup;
    on.launch(device::forward, count * groups * kGroupLanes, network.place.values(), l.pass, count, l.out,
              readable(l.bias), z, h);
    below = h;
  }
}

void backwardLayers(CTorchResident &network, int64_t count) {
  Backend &on = *network.backend;
  const Chunks chunks = chunksOf(count);
  for (size_t index = network.layers.size(); index-- > 0;) {
    ResidentLayer &l = network.layers[index];
    float *g = writable(l.gradients), *folded = writable(l.folded);
    float *partial = chunks.each > 1 ? writable(l.partial) : folded;
    on.launch(device::backward, chunks.count * l.out, count, l.out, chunks.count, chunks.rows, readable(l.products), g,
              partial);
    if (chunks.each > 1) {
      on.launch(device::fold, chunks.folded * l.out, chunks.count, l.out, chunks.folded, chunks.each, partial, folded);
    }
    const float *below = index == 0 ? readable(network.input) : readable(network.layers[index - 1].outputs);
    on.multiply(writable(l.weightGradient), l.out, count, l.in, {g, true}, {below, false});
    if (index > 0) {
      on.multiply(writable(network.layers[index - 1].gradients), count, l.out, l.in, {g, false},
                  {readable(l.weight), false});
    }
  }
}

void followGradients(CTorchResident &network) {
  Backend &on = *network.backend;
  const Segment *segments = network.segments.values();
  float *factors = nullptr;
  if (network.update.clipping != CTORCH_CLIP_NONE) {
    factors = network.factors.values();
    on.launch(device::squares, network.segmentCount * kSquareLanes, segments, network.segmentCount,
              network.squareSums.values());
    on.launch(device::factors, network.segmentCount, network.segmentCount,
              static_cast<int32_t>(network.update.clipping == CTORCH_CLIP_GLOBAL), network.update.clip_norm,
              network.squareSums.values(), factors);
  }
  on.launch(device::update, network.pieceCount * kBlockThreads, network.place.values(), network.numbers.values(),
            network.update.rule, segments, network.pieces.values(), network.pieceCount, factors);
}

void gatherBatch(CTorchResident &network, const at::Tensor &features, int64_t count) {
  const int64_t columns = network.layers[0].in;
  network.backend->launch(device::gather, count * columns, network.place.values(), network.order.values(),
                          readable(features), count, columns, writable(network.input));
}

void wholeStep(CTorchResident &network, const at::Tensor &features, RowTargets rows, int32_t loss, int64_t count) {
  Backend &on = *network.backend;
  ResidentLayer &last = network.layers.back();
  const int64_t lanes = std::min(count, kLossLanes);
  gatherBatch(network, features, count);
  forwardLayers(network, count);
  on.launch(device::loss, lanes, network.place.values(), rows, loss, count, last.out, lanes, readable(last.outputs),
            writable(last.gradients), network.lossSums.values());
  backwardLayers(network, count);
  followGradients(network);
  on.launch(device::finish, 1, network.place.values(), lanes, network.lossSums.values(), network.losses.values());
}

/// Every update of a run follows one rule; what differs from step to step is sent as numbers.
StepNumbers numbersOf(const CTorchOptimizerStep &s, const CTorchOptimizerStep &first) {
  TORCH_CHECK(s.rule == first.rule && s.clipping == first.clipping && s.clip_norm == first.clip_norm,
              "the steps of a run must be of one rule");
  return stepNumbers(s);
}

/// The update adds up all rows of `folded`: those that a batch of `count` does not write must be zero.
void clearFolded(CTorchResident &network, int64_t count) {
  const int64_t used = chunksOf(count).folded;
  if (used < network.dirty) {
    for (ResidentLayer &l : network.layers) { l.folded.narrow(0, used, network.dirty - used).zero_(); }
  }
  network.dirty = used;
}

const at::Tensor &checked(const CTorchResident &network, CTorchTensorRef handle, int64_t count, const char *role) {
  const at::Tensor &t = handle->value;
  TORCH_CHECK(t.is_contiguous() && t.scalar_type() == at::kFloat && t.device() == network.backend->place() &&
                  t.numel() == count,
              role, " must be ", count, " contiguous float32 on ", network.backend->place(), ", found shape ", t.sizes(),
              " of type ", t.scalar_type(), " on ", t.device());
  return t;
}

const at::Tensor &checkedFeatures(const CTorchResident &network, CTorchTensorRef handle) {
  const at::Tensor &t = handle->value;
  TORCH_CHECK(t.dim() == 2 && t.size(1) == network.layers[0].in, "features must have ", network.layers[0].in,
              " columns, found shape ", t.sizes());
  return checked(network, handle, t.numel(), "features");
}

}  // namespace

at::Tensor maskOn(Backend &backend, uint64_t key, uint64_t step, uint32_t threshold, int64_t rows, int64_t columns) {
  at::Tensor mask = at::empty({rows, columns}, at::TensorOptions().dtype(at::kFloat).device(backend.place()));
  const int64_t groups = blocks(columns, kMaskGroup);
  backend.launch(device::keepMask, rows * groups * kGroupLanes, key, step, threshold, rows, columns, writable(mask));
  return mask;
}

CTorchStatus residentCreate(const CTorchDenseLayer *layers, int32_t count, int64_t largestBatch, int64_t rows,
                            CTorchResidentRef *out) {
  return guarded([&] {
    at::NoGradGuard guard;
    TORCH_CHECK(count > 0 && largestBatch > 0, "a network of ", count, " layers for batches of ", largestBatch);
    const at::Device device = layers[0].weight->value.device();
    auto network = std::make_unique<CTorchResident>();
    network->backend = &backendOf(device);
    network->largest = largestBatch;
    network->capacity = rows;
    network->trains = layers[0].weight_m != nullptr;
    int64_t width = -1;
    for (int32_t i = 0; i < count; ++i) {
      TORCH_CHECK(layers[i].weight->value.dim() == 2, "layer ", i, ": weight of rank ", layers[i].weight->value.dim());
      ResidentLayer s = layerOf(layers[i], i, largestBatch, network->trains, device);
      TORCH_CHECK(width < 0 || s.in == width, "layer ", i, " takes ", s.in, " inputs, the layer before gives ", width);
      width = s.out;
      network->layers.push_back(std::move(s));
    }
    if (network->trains) { makeRunMemory(*network, layers, device); }
    *out = network.release();
  });
}

void residentRelease(CTorchResidentRef network) { delete network; }

CTorchStatus residentBegin(CTorchResidentRef network, const int32_t *order, int64_t rows, int64_t batch,
                           uint64_t firstStep, const CTorchOptimizerStep *updates, int64_t batches) {
  return guarded([&] {
    at::NoGradGuard guard;
    TORCH_CHECK(network->trains, "this network has no moments: it answers, it does not train");
    TORCH_CHECK(rows > 0 && rows <= network->capacity && batch > 0 && batch <= network->largest &&
                    batches == blocks(rows, batch) && batches * sizeof(double) <= network->losses.bytes.nbytes(),
                "a run of ", batches, " batches of ", batch, " over ", rows, " rows, there is room for ",
                network->capacity, " rows and batches of ", network->largest);
    std::vector<StepNumbers> numbers;
    for (int64_t i = 0; i < batches; ++i) { numbers.push_back(numbersOf(updates[i], updates[0])); }
    network->update = updates[0];
    network->runRows = rows;
    network->runBatches = batches;
    network->batchSize = batch;
    network->pending = 0;
    network->place.send({RunPlace{firstStep, 0, batch}});
    network->order.send(std::vector<int32_t>(order, order + rows));
    network->numbers.send(numbers);
  });
}

CTorchStatus residentRun(CTorchResidentRef network, CTorchTensorRef features, CTorchTensorRef targets,
                         CTorchTensorRef weights, int32_t loss, int64_t from, int64_t to) {
  return guarded([&] {
    at::NoGradGuard guard;
    const at::Tensor &x = checkedFeatures(*network, features);
    const int64_t width = network->layers.back().out, events = x.size(0);
    TORCH_CHECK(loss >= CTORCH_DENSE_BINARY && loss <= CTORCH_DENSE_SQUARED, "no loss ", loss);
    TORCH_CHECK(loss != CTORCH_DENSE_BINARY || width == 1, "binary cross-entropy takes one logit, found ", width);
    TORCH_CHECK(from >= 0 && from <= to && to <= network->runBatches, "batches ", from, " to ", to, " of a run of ",
                network->runBatches);
    const RowTargets rows = {
        readable(checked(*network, targets, loss == CTORCH_DENSE_SQUARED ? events * width : events, "targets")),
        readable(checked(*network, weights, events, "weights")), network->order.values()};
    const StepKind kind = {readable(x), rows.targets, rows.weights, loss, network->update.rule,
                           network->update.clipping, network->update.clip_norm};
    for (int64_t batch = from; batch < to; ++batch) {
      const int64_t count = std::min(network->batchSize, network->runRows - batch * network->batchSize);
      const auto step = [&] { wholeStep(*network, x, rows, loss, count); };
      clearFolded(*network, count);
      if (count < network->largest || !network->isWarm) {
        step();
        network->isWarm = network->isWarm || count == network->largest;
        continue;
      }
      if (!network->recording || !(network->recorded == kind)) {
        network->recording = network->backend->record(step);
        network->recorded = kind;
      }
      if (network->recording) {
        network->recording->replay();
      } else {
        step();
      }
    }
  });
}

CTorchStatus residentLosses(CTorchResidentRef network, double *losses, int64_t count) {
  return guarded([&] {
    TORCH_CHECK(count == network->runBatches, count, " losses of a run of ", network->runBatches);
    const std::vector<double> values = network->losses.read(count);
    std::copy(values.begin(), values.end(), losses);
  });
}

CTorchStatus residentForward(CTorchResidentRef network, CTorchTensorRef features, CTorchTensorRef *outputs) {
  return yielding(outputs, [&] {
    at::NoGradGuard guard;
    const int64_t count = network->runRows;
    TORCH_CHECK(count > 0 && network->runBatches == 1, "a forward pass needs a run of one batch");
    gatherBatch(*network, checkedFeatures(*network, features), count);
    forwardLayers(*network, count);
    network->pending = count;
    return network->layers.back().outputs.narrow(0, 0, count).clone();
  });
}

CTorchStatus residentBackward(CTorchResidentRef network, CTorchTensorRef seed) {
  return guarded([&] {
    at::NoGradGuard guard;
    ResidentLayer &last = network->layers.back();
    const int64_t count = network->pending;
    TORCH_CHECK(count > 0, "a backward pass needs a forward pass before it");
    const at::Tensor g = seed->value.detach();
    TORCH_CHECK(g.numel() == count * last.out && g.device() == network->backend->place(), "the seed must be ", count, " × ",
                last.out, " on ", network->backend->place(), ", found shape ", g.sizes(), " on ", g.device());
    last.gradients.narrow(0, 0, count).copy_(g.reshape({count, last.out}));
    network->pending = 0;
    clearFolded(*network, count);
    backwardLayers(*network, count);
    followGradients(*network);
  });
}

CTorchStatus residentOutputs(CTorchResidentRef network, CTorchTensorRef features, CTorchTensorRef *outputs) {
  return yielding(outputs, [&] {
    at::NoGradGuard guard;
    const at::Tensor &x = features->value;
    const int64_t columns = network->layers[0].in, width = network->layers.back().out;
    TORCH_CHECK(x.dim() == 2 && x.size(1) == columns && x.is_contiguous() && x.scalar_type() == at::kFloat,
                "features must be contiguous float32 of ", columns, " columns, found shape ", x.sizes());
    const int64_t events = x.size(0);
    Backend &on = *network->backend;
    network->pending = 0;
    at::Tensor all = at::empty({events, width}, at::TensorOptions().dtype(at::kFloat).device(on.place()));
    for (int64_t start = 0; start < events; start += network->largest) {
      const int64_t count = std::min(network->largest, events - start);
      const at::Tensor chunk = x.narrow(0, start, count).to(on.place());
      const float *below = readable(chunk);
      for (ResidentLayer &l : network->layers) {
        float *z = writable(l.products);
        on.multiply(z, count, l.in, l.out, {below, false}, {readable(l.weight), true});
        on.launch(device::infer, blocks(count, kInferRows) * l.out, l.pass, count, l.out, readable(l.bias), z);
        below = z;
      }
      all.narrow(0, start, count).copy_(network->layers.back().products.narrow(0, 0, count));
    }
    return all.to(at::kCPU);
  });
}

}  // namespace ctorch
