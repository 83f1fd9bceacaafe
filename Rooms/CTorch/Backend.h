// Where the kernels of the resident step run: a CUDA device, or the processor for tests. Call from LibTorch's thread only.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <tuple>

#include "DeviceTypes.h"
#include "Support.h"

namespace ctorch {

enum class Kernel { keepMask, gather, forward, infer, loss, backward, fold, squares, factors, update, finish, count };

/// A kernel with the types of its parameters, as DeviceKernels.cu has them (DeviceHost.cpp compares).
template <typename... Parameters>
struct Signature {
  Kernel kernel;
  using Function = void(Parameters...);
};
namespace device {
constexpr Signature<uint64_t, uint64_t, uint32_t, int64_t, int64_t, float *> keepMask{Kernel::keepMask};
constexpr Signature<const RunPlace *, const int32_t *, const float *, int64_t, int64_t, float *> gather{Kernel::gather};
constexpr Signature<const RunPlace *, ActivationPass, int64_t, int64_t, const float *, float *, float *> forward{
    Kernel::forward};
constexpr Signature<ActivationPass, int64_t, int64_t, const float *, float *> infer{Kernel::infer};
constexpr Signature<const RunPlace *, RowTargets, int32_t, int64_t, int64_t, int64_t, const float *, float *, double *>
    loss{Kernel::loss};
constexpr Signature<int64_t, int64_t, int64_t, int64_t, const float *, float *, float *> backward{Kernel::backward};
constexpr Signature<int64_t, int64_t, int64_t, int64_t, const float *, float *> fold{Kernel::fold};
constexpr Signature<const Segment *, int64_t, double *> squares{Kernel::squares};
constexpr Signature<int64_t, int32_t, double, const double *, float *> factors{Kernel::factors};
constexpr Signature<const RunPlace *, const StepNumbers *, int32_t, const Segment *, const Piece *, int64_t,
                    const float *>
    update{Kernel::update};
constexpr Signature<RunPlace *, int64_t, const double *, double *> finish{Kernel::finish};
}  // namespace device

/// A sequence of launches that is issued as one where the device can.
class Recording {
 public:
  virtual ~Recording() = default;
  virtual void replay() = 0;
};

/// A row-major matrix in a product; `transposed` says that memory holds its transpose.
struct Factor {
  const float *values;
  bool transposed;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual at::Device place() const = 0;
  /// out [rows, columns] = a [rows, inner] · b [inner, columns], float32 without shortened mantissas.
  virtual void multiply(float *out, int64_t rows, int64_t inner, int64_t columns, Factor a, Factor b) = 0;
  /// The launches and products that `body` issues, not yet run; null where the device has no such thing.
  virtual std::unique_ptr<Recording> record(const std::function<void()> &body) = 0;

  template <typename... Parameters, typename... Arguments>
  void launch(const Signature<Parameters...> &signature, int64_t threads, Arguments... arguments) {
    if (threads == 0) { return; }
    std::tuple<Parameters...> values(arguments...);
    std::apply(
        [&](auto &...value) {
          void *pointers[] = {const_cast<void *>(static_cast<const void *>(&value))...};
          run(signature.kernel, threads, pointers);
        },
        values);
  }

 protected:
  virtual void run(Kernel kernel, int64_t threads, void **arguments) = 0;
};

/// The processor, one thread of a kernel after another.
Backend &hostBackend();
/// A CUDA device; throws where there is none.
Backend &cudaBackend(int32_t index);
inline Backend &backendOf(at::Device device) {
  return device.is_cpu() ? hostBackend() : cudaBackend(device.has_index() ? device.index() : 0);
}

/// A mask of zeros and ones by the device's own kernel.
at::Tensor maskOn(Backend &backend, uint64_t key, uint64_t step, uint32_t threshold, int64_t rows, int64_t columns);

/// Loads LibTorch's CUDA part at the first call. Why there is no device, where there is none: `cudaState`.
int32_t cudaDeviceCount();
const char *cudaState();
/// "NVIDIA H100 80GB HBM3 sm_90".
std::string cudaDeviceName(int32_t index);

}  // namespace ctorch
