// Handles, statuses and the one place where C++ exceptions end.
#pragma once
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "../../Sources/CTorch/include/CTorch.h"
#include "Elementwise.h"

struct CTorchTensor {
  at::Tensor value;
};

namespace ctorch {

extern std::atomic<int64_t> liveTensors;
CTorchStatus failed(CTorchStatus status, const char *message);

template <typename Body>
CTorchStatus guarded(Body &&body) {
  try {
    body();
    return CTORCH_OK;
  } catch (const c10::OutOfMemoryError &error) {
    return failed(CTORCH_OUT_OF_MEMORY, error.what_without_backtrace());
  } catch (const c10::Error &error) {
    return failed(CTORCH_FAILED, error.what_without_backtrace());
  } catch (const std::bad_alloc &) {
    return failed(CTORCH_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception &error) {
    return failed(CTORCH_FAILED, error.what());
  } catch (...) {
    return failed(CTORCH_FAILED, "an unknown C++ exception");
  }
}

inline CTorchTensorRef wrap(at::Tensor tensor) {
  auto *handle = new CTorchTensor{std::move(tensor)};
  liveTensors.fetch_add(1, std::memory_order_relaxed);
  return handle;
}

template <typename Body>
CTorchStatus yielding(CTorchTensorRef *out, Body &&body) {
  return guarded([&] { *out = wrap(body()); });
}

// Clang and GCC name the typed accessors of at::Tensor differently, so they cannot be linked; the untyped ones can.
inline const float *readable(const at::Tensor &t) { return static_cast<const float *>(t.const_data_ptr()); }
inline float *writable(const at::Tensor &t) { return static_cast<float *>(t.mutable_data_ptr()); }

/// A reference to a callable; unlike std::function it allocates nothing.
class IndexedBody {
 public:
  template <typename Body>
  IndexedBody(const Body &body)
      : object(&body), call([](const void *object, int64_t index) { (*static_cast<const Body *>(object))(index); }) {}
  void operator()(int64_t index) const { call(object, index); }

 private:
  const void *object;
  void (*call)(const void *, int64_t);
};

/// Runs `body(index)` for every index below `count` over LibTorch's own team of threads. Which thread takes which
/// index is not fixed: bodies write to places of their own.
void parallel(int64_t count, IndexedBody body);

/// Rows and elements that one index of `parallel` stands for.
constexpr int64_t kRowBlock = 32;
constexpr int64_t kElementBlock = 16384;
inline int64_t blocks(int64_t count, int64_t length) { return (count + length - 1) / length; }

/// A float32 tensor on the CPU without gaps.
inline bool isPlain(const at::Tensor &t) {
  return t.is_contiguous() && t.scalar_type() == at::kFloat && t.device().is_cpu();
}

/// A parameter with all that its update touches; `l1` and `l2` are penalties' shares of the gradient.
struct Updated {
  at::Tensor gradient, parameter, m, v;
  float l1 = 0, l2 = 0;
};
/// Penalties, clipping and the rule, over all parameters of a network.
void updateAll(std::vector<Updated> &parameters, const CTorchOptimizerStep &step);
StepNumbers stepNumbers(const CTorchOptimizerStep &step);

CTorchStatus keepMask(uint64_t key, uint64_t step, uint32_t threshold, int64_t rows, int64_t columns, int32_t device,
                      CTorchTensorRef *out);
CTorchStatus optimizerStep(CTorchTensorRef parameter, CTorchTensorRef gradient, CTorchTensorRef m, CTorchTensorRef v,
                           const CTorchOptimizerStep *step);
CTorchStatus optimizerStepAll(const CTorchUpdated *parameters, int32_t count, const CTorchOptimizerStep *step);
CTorchStatus denseCreate(const CTorchDenseLayer *layers, int32_t count, int64_t largestBatch, CTorchDenseRef *out);
void denseRelease(CTorchDenseRef network);
CTorchStatus denseStep(CTorchDenseRef network, CTorchTensorRef features, CTorchTensorRef targets,
                       CTorchTensorRef weights, const int32_t *rows, int64_t count, uint64_t step, int32_t lossKind,
                       const CTorchOptimizerStep *update, double *loss);
CTorchStatus denseForward(CTorchDenseRef network, CTorchTensorRef features, const int32_t *rows, int64_t count,
                          uint64_t step, CTorchTensorRef *outputs);
CTorchStatus denseBackward(CTorchDenseRef network, CTorchTensorRef seed, const CTorchOptimizerStep *update);
CTorchStatus residentCreate(const CTorchDenseLayer *layers, int32_t count, int64_t largestBatch, int64_t rows,
                            CTorchResidentRef *out);
void residentRelease(CTorchResidentRef network);
CTorchStatus residentBegin(CTorchResidentRef network, const int32_t *order, int64_t rows, int64_t batch,
                           uint64_t firstStep, const CTorchOptimizerStep *updates, int64_t batches);
CTorchStatus residentRun(CTorchResidentRef network, CTorchTensorRef features, CTorchTensorRef targets,
                         CTorchTensorRef weights, int32_t loss, int64_t from, int64_t to);
CTorchStatus residentLosses(CTorchResidentRef network, double *losses, int64_t count);
CTorchStatus residentForward(CTorchResidentRef network, CTorchTensorRef features, CTorchTensorRef *outputs);
CTorchStatus residentBackward(CTorchResidentRef network, CTorchTensorRef seed);
CTorchStatus residentOutputs(CTorchResidentRef network, CTorchTensorRef features, CTorchTensorRef *outputs);
CTorchStatus denseOutputs(CTorchDenseRef network, const float *features, int64_t events, float *outputs);

}  // namespace ctorch
