// The table of the room: tensors, operations and autograd of LibTorch behind plain C functions.

#include <ATen/Parallel.h>
#include <torch/headeronly/version.h>

#include <cstdlib>
#include <cstring>

#include "Backend.h"
#include "Support.h"

namespace ctorch {

std::atomic<int64_t> liveTensors{0};
static thread_local std::string lastErrorText = "no error";

CTorchStatus failed(CTorchStatus status, const char *message) {
  try {
    lastErrorText = message;
  } catch (...) {
    lastErrorText.clear();
  }
  return status;
}

namespace {

const char *version() { return TORCH_VERSION; }
const char *lastError() { return lastErrorText.c_str(); }
CTorchStatus cudaName(int32_t device, char *buffer, int64_t size) {
  return guarded([&] {
    const std::string name = cudaDeviceName(device);
    TORCH_CHECK(static_cast<int64_t>(name.size()) < size, "a name of ", name.size(), " bytes");
    std::memcpy(buffer, name.c_str(), name.size() + 1);
  });
}
CTorchStatus usingDevice(int32_t device) {
  return guarded([&] { cudaBackend(device); });
}
int32_t threads() { return at::get_num_threads(); }
CTorchStatus setThreads(int32_t count) {
  return guarded([&] {
    TORCH_CHECK(count >= 1, "need at least one thread, got ", count);
    at::set_num_threads(count);
  });
}
int64_t live() { return liveTensors.load(std::memory_order_relaxed); }

at::ScalarType scalarType(int32_t type) {
  switch (type) {
    case CTORCH_FLOAT32: return at::kFloat;
    case CTORCH_FLOAT64: return at::kDouble;
    case CTORCH_INT64: return at::kLong;
    case CTORCH_BOOL: return at::kBool;
    default: TORCH_CHECK(false, "no element type ", type);
  }
}
at::Device deviceOf(int32_t index) {
  return index < 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index));
}
at::IntArrayRef shapeOf(const int64_t *shape, int32_t rank) {
  TORCH_CHECK(rank >= 0, "a shape of rank ", rank);
  return at::IntArrayRef(shape, static_cast<size_t>(rank));
}

CTorchStatus fromBuffer(const void *data, int32_t type, const int64_t *shape, int32_t rank, int32_t device,
                        CTorchTensorRef *out) {
  return yielding(out, [&] {
    at::Tensor t = at::empty(shapeOf(shape, rank), scalarType(type));
    if (t.nbytes() > 0) { std::memcpy(t.mutable_data_ptr(), data, t.nbytes()); }
    return device < 0 ? t : t.to(deviceOf(device));
  });
}
CTorchStatus full(double value, int32_t type, const int64_t *shape, int32_t rank, int32_t device,
                  CTorchTensorRef *out) {
  return yielding(out, [&] {
    return at::full(shapeOf(shape, rank), value, at::TensorOptions().dtype(scalarType(type)).device(deviceOf(device)));
  });
}
CTorchStatus toBuffer(CTorchTensorRef tensor, void *data, int64_t bytes) {
  return guarded([&] {
    const at::Tensor t = tensor->value.detach().to(at::kCPU).contiguous();
    TORCH_CHECK(static_cast<int64_t>(t.nbytes()) == bytes, "tensor of shape ", t.sizes(), " holds ", t.nbytes(),
                " bytes, the buffer ", bytes);
    if (bytes > 0) { std::memcpy(data, t.const_data_ptr(), t.nbytes()); }
  });
}
void release(CTorchTensorRef tensor) {
  delete tensor;
  liveTensors.fetch_sub(1, std::memory_order_relaxed);
}
CTorchStatus retain(CTorchTensorRef tensor, CTorchTensorRef *out) {
  return yielding(out, [&] { return tensor->value; });
}

int32_t rankOf(CTorchTensorRef tensor) { return static_cast<int32_t>(tensor->value.dim()); }
int64_t extentOf(CTorchTensorRef tensor, int32_t axis) {
  return axis >= 0 && axis < tensor->value.dim() ? tensor->value.sizes()[axis] : -1;
}
int32_t typeOf(CTorchTensorRef tensor) {
  switch (tensor->value.scalar_type()) {
    case at::kFloat: return CTORCH_FLOAT32;
    case at::kDouble: return CTORCH_FLOAT64;
    case at::kLong: return CTORCH_INT64;
    case at::kBool: return CTORCH_BOOL;
    default: return -1;
  }
}
int32_t deviceIndex(CTorchTensorRef tensor) {
  const at::Device device = tensor->value.device();
  return device.is_cpu() ? CTORCH_CPU : static_cast<int32_t>(device.has_index() ? device.index() : 0);
}
CTorchStatus convert(CTorchTensorRef tensor, int32_t type, int32_t device, CTorchTensorRef *out) {
  return yielding(out, [&] { return tensor->value.to(deviceOf(device), scalarType(type)); });
}

CTorchStatus unary(int32_t operation, CTorchTensorRef a, double first, double second, CTorchTensorRef *out) {
  return yielding(out, [&]() -> at::Tensor {
    const at::Tensor &x = a->value;
    switch (operation) {
      case CTORCH_NEGATE: return x.neg();
      case CTORCH_EXP: return x.exp();
      case CTORCH_LOG: return x.log();
      case CTORCH_LOG1P: return x.log1p();
      case CTORCH_EXPM1: return x.expm1();
      case CTORCH_SQRT: return x.sqrt();
      case CTORCH_SQUARE: return x.square();
      case CTORCH_ABS: return x.abs();
      case CTORCH_SIGMOID: return x.sigmoid();
      case CTORCH_LOG_SIGMOID: return at::log_sigmoid(x);
      case CTORCH_TANH: return x.tanh();
      case CTORCH_RELU: return x.relu();
      case CTORCH_SELU: return at::selu(x);
      case CTORCH_SILU: return at::silu(x);
      case CTORCH_GELU: return at::gelu(x);
      case CTORCH_SOFTPLUS: return at::softplus(x);
      case CTORCH_RECIPROCAL: return x.reciprocal();
      case CTORCH_LEAKY_RELU: return at::leaky_relu(x, first);
      case CTORCH_ELU: return at::elu(x, first);
      case CTORCH_CLAMP: return x.clamp(first, second);
      case CTORCH_POWER: return x.pow(first);
      default: TORCH_CHECK(false, "no unary operation ", operation);
    }
  });
}

template <typename B>
at::Tensor arithmetic(int32_t operation, const at::Tensor &x, const B &y) {
  switch (operation) {
    case CTORCH_ADD: return x.add(y);
    case CTORCH_SUBTRACT: return x.sub(y);
    case CTORCH_MULTIPLY: return x.mul(y);
    case CTORCH_DIVIDE: return x.div(y);
    case CTORCH_EQUAL: return x.eq(y);
    case CTORCH_LESS: return x.lt(y);
    case CTORCH_GREATER: return x.gt(y);
    default: TORCH_CHECK(false, "no binary operation ", operation, " for these operands");
  }
}
CTorchStatus binary(int32_t operation, CTorchTensorRef a, CTorchTensorRef b, CTorchTensorRef *out) {
  return yielding(out, [&]() -> at::Tensor {
    switch (operation) {
      case CTORCH_MAXIMUM: return at::maximum(a->value, b->value);
      case CTORCH_MINIMUM: return at::minimum(a->value, b->value);
      case CTORCH_MATMUL: return at::matmul(a->value, b->value);
      default: return arithmetic(operation, a->value, b->value);
    }
  });
}
CTorchStatus binaryScalar(int32_t operation, CTorchTensorRef a, double b, CTorchTensorRef *out) {
  return yielding(out, [&] { return arithmetic(operation, a->value, at::Scalar(b)); });
}
CTorchStatus linear(CTorchTensorRef input, CTorchTensorRef weight, CTorchTensorRef bias, CTorchTensorRef *out) {
  return yielding(out, [&] {
    return at::linear(input->value, weight->value,
                      bias ? std::optional<at::Tensor>(bias->value) : std::optional<at::Tensor>());
  });
}

CTorchStatus reduce(int32_t operation, CTorchTensorRef a, const int64_t *axes, int32_t count, int32_t keep,
                    CTorchTensorRef *out) {
  return yielding(out, [&]() -> at::Tensor {
    const at::Tensor &x = a->value;
    std::vector<int64_t> over(axes ? axes : nullptr, axes ? axes + count : nullptr);
    if (over.empty()) {
      for (int64_t i = 0; i < x.dim(); ++i) { over.push_back(i); }
    }
    switch (operation) {
      case CTORCH_SUM: return x.sum(over, keep != 0);
      case CTORCH_MEAN: return x.mean(over, keep != 0);
      case CTORCH_MAX: return x.amax(over, keep != 0);
      case CTORCH_MIN: return x.amin(over, keep != 0);
      case CTORCH_LOGSUMEXP: return x.logsumexp(over, keep != 0);
      default: TORCH_CHECK(false, "no reduction ", operation);
    }
  });
}
CTorchStatus along(int32_t operation, CTorchTensorRef a, int64_t axis, CTorchTensorRef *out) {
  return yielding(out, [&]() -> at::Tensor {
    switch (operation) {
      case CTORCH_SOFTMAX: return a->value.softmax(axis);
      case CTORCH_LOG_SOFTMAX: return a->value.log_softmax(axis);
      case CTORCH_ARGMAX: return a->value.argmax(axis);
      case CTORCH_CUMSUM: return a->value.cumsum(axis);
      default: TORCH_CHECK(false, "no operation ", operation, " along an axis");
    }
  });
}

CTorchStatus reshape(CTorchTensorRef a, const int64_t *shape, int32_t rank, CTorchTensorRef *out) {
  return yielding(out, [&] { return a->value.reshape(shapeOf(shape, rank)); });
}
CTorchStatus transpose(CTorchTensorRef a, int64_t first, int64_t second, CTorchTensorRef *out) {
  return yielding(out, [&] { return a->value.transpose(first, second); });
}
CTorchStatus narrow(CTorchTensorRef a, int64_t axis, int64_t start, int64_t length, CTorchTensorRef *out) {
  return yielding(out, [&] { return a->value.narrow(axis, start, length); });
}
CTorchStatus concatenate(const CTorchTensorRef *parts, int32_t count, int64_t axis, CTorchTensorRef *out) {
  return yielding(out, [&] {
    std::vector<at::Tensor> values;
    for (int32_t i = 0; i < count; ++i) { values.push_back(parts[i]->value); }
    return at::cat(values, axis);
  });
}
CTorchStatus selectRows(CTorchTensorRef a, int64_t axis, CTorchTensorRef indices, CTorchTensorRef *out) {
  return yielding(out, [&] { return a->value.index_select(axis, indices->value); });
}
CTorchStatus gather(CTorchTensorRef a, int64_t axis, CTorchTensorRef indices, CTorchTensorRef *out) {
  return yielding(out, [&] { return a->value.gather(axis, indices->value); });
}
CTorchStatus choose(CTorchTensorRef condition, CTorchTensorRef a, CTorchTensorRef b, CTorchTensorRef *out) {
  return yielding(out, [&] { return at::where(condition->value, a->value, b->value); });
}

CTorchStatus update(int32_t operation, CTorchTensorRef target, CTorchTensorRef a, CTorchTensorRef b, double factor) {
  return guarded([&] {
    at::NoGradGuard guard;
    at::Tensor &t = target->value;
    TORCH_CHECK(operation == CTORCH_SCALE || a, "update ", operation, " needs a first operand");
    TORCH_CHECK((operation != CTORCH_ADD_PRODUCT && operation != CTORCH_ADD_QUOTIENT) || b, "update ", operation,
                " needs a second operand");
    switch (operation) {
      case CTORCH_COPY:
        TORCH_CHECK(t.sizes() == a->value.sizes(), "copy of shape ", a->value.sizes(), " into shape ", t.sizes());
        t.copy_(a->value);
        return;
      case CTORCH_ADD_SCALED: t.add_(a->value, factor); return;
      case CTORCH_SCALE: t.mul_(factor); return;
      case CTORCH_ADD_PRODUCT: t.addcmul_(a->value, b->value, factor); return;
      case CTORCH_ADD_QUOTIENT: t.addcdiv_(a->value, b->value, factor); return;
      default: TORCH_CHECK(false, "no update ", operation);
    }
  });
}

int64_t lossReduction(int32_t reduction) {
  switch (reduction) {
    case CTORCH_LOSS_NONE: return at::Reduction::None;
    case CTORCH_LOSS_MEAN: return at::Reduction::Mean;
    case CTORCH_LOSS_SUM: return at::Reduction::Sum;
    default: TORCH_CHECK(false, "no loss reduction ", reduction);
  }
}
CTorchStatus binaryCrossEntropy(CTorchTensorRef logits, CTorchTensorRef targets, CTorchTensorRef weights,
                                int32_t reduction, CTorchTensorRef *out) {
  return yielding(out, [&] {
    return at::binary_cross_entropy_with_logits(
        logits->value, targets->value, weights ? std::optional<at::Tensor>(weights->value) : std::optional<at::Tensor>(),
        std::nullopt, lossReduction(reduction));
  });
}
CTorchStatus meanSquaredError(CTorchTensorRef predictions, CTorchTensorRef targets, int32_t reduction,
                              CTorchTensorRef *out) {
  return yielding(out, [&] {
    TORCH_CHECK(predictions->value.sizes() == targets->value.sizes(), "predictions of shape ",
                predictions->value.sizes(), ", targets of shape ", targets->value.sizes());
    return at::mse_loss(predictions->value, targets->value, lossReduction(reduction));
  });
}

CTorchStatus setRequiresGradient(CTorchTensorRef tensor, int32_t required) {
  return guarded([&] { tensor->value.set_requires_grad(required != 0); });
}
int32_t requiresGradient(CTorchTensorRef tensor) { return tensor->value.requires_grad() ? 1 : 0; }
CTorchStatus backward(CTorchTensorRef tensor, CTorchTensorRef seed) {
  return guarded([&] {
    TORCH_CHECK(seed || tensor->value.numel() == 1, "backward from shape ", tensor->value.sizes(), " needs a seed");
    tensor->value.backward(seed ? seed->value : at::Tensor());
  });
}
CTorchStatus gradient(CTorchTensorRef tensor, CTorchTensorRef *out) {
  return guarded([&] {
    const at::Tensor &g = tensor->value.grad();
    *out = g.defined() ? wrap(g) : nullptr;
  });
}
CTorchStatus clearGradient(CTorchTensorRef tensor) {
  return guarded([&] { tensor->value.mutable_grad().reset(); });
}
CTorchStatus detach(CTorchTensorRef tensor, CTorchTensorRef *out) {
  return yielding(out, [&] { return tensor->value.detach(); });
}
int32_t setGradientRecording(int32_t enabled) {
  const bool before = at::GradMode::is_enabled();
  at::GradMode::set_enabled(enabled != 0);
  return before ? 1 : 0;
}

}  // namespace

static const CTorchTable table = {
    CTORCH_ABI, sizeof(CTorchTable),
    version, lastError, cudaDeviceCount, threads, setThreads, live,
    fromBuffer, full, keepMask, toBuffer, release, retain,
    rankOf, extentOf, typeOf, deviceIndex,
    convert, unary, binary, binaryScalar, linear, reduce, along, reshape, transpose, narrow, concatenate, selectRows,
    gather, choose, update,
    binaryCrossEntropy, meanSquaredError,
    setRequiresGradient, requiresGradient, backward, gradient, clearGradient, detach, setGradientRecording,
    optimizerStep, denseCreate, denseRelease, denseStep, denseForward, denseBackward, denseOutputs,
    cudaState, cudaName, usingDevice, optimizerStepAll,
    residentCreate, residentRelease, residentBegin, residentRun, residentLosses, residentForward, residentBackward,
    residentOutputs,
};

}  // namespace ctorch

extern "C" __attribute__((visibility("default"))) const CTorchTable *CTorch_table(void) {
  // MKL's products depend on the number of threads unless it is told otherwise, once, before its first call. The strict
  // mode exists for these two code paths; a setting of the user's own stays.
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
  if (wide || __builtin_cpu_supports("avx2")) { setenv("MKL_CBWR", wide ? "AVX512,STRICT" : "AVX2,STRICT", 0); }
#endif
  return &ctorch::table;
}
