// The device's kernels on the processor, one thread after another: what the resident step is tested with on machines without
// a device.
#include <cmath>
#include <tuple>
#include <type_traits>

#include "Backend.h"

namespace ctorch {
static thread_local int64_t hostThread = 0;
}

#define CTORCH_KERNEL static void
#define CTORCH_THREAD hostThread
using std::exp;
using std::log;
using std::log1p;
using std::sqrt;
#include "DeviceKernels.cu"

namespace ctorch {
namespace {

template <typename Function>
struct Caller;
template <typename... Parameters>
struct Caller<void(Parameters...)> {
  template <size_t... at>
  static void call(void (*function)(Parameters...), void **arguments, std::index_sequence<at...>) {
    function(*static_cast<std::remove_const_t<Parameters> *>(arguments[at])...);
  }
  static void call(void (*function)(Parameters...), void **arguments) {
    call(function, arguments, std::index_sequence_for<Parameters...>());
  }
};

template <typename Expected, typename Found>
void callAs(const Expected &, Found *function, void **arguments) {
  static_assert(std::is_same_v<typename Expected::Function, Found>, "Backend.h and DeviceKernels.cu differ");
  Caller<Found>::call(function, arguments);
}

void callHost(Kernel kernel, void **a) {
  switch (kernel) {
    case Kernel::keepMask: return callAs(device::keepMask, keepMaskKernel, a);
    case Kernel::gather: return callAs(device::gather, gatherKernel, a);
    case Kernel::forward: return callAs(device::forward, forwardKernel, a);
    case Kernel::infer: return callAs(device::infer, inferKernel, a);
    case Kernel::loss: return callAs(device::loss, lossKernel, a);
    case Kernel::backward: return callAs(device::backward, backwardKernel, a);
    case Kernel::fold: return callAs(device::fold, foldKernel, a);
    case Kernel::squares: return callAs(device::squares, squaresKernel, a);
    case Kernel::factors: return callAs(device::factors, factorsKernel, a);
    case Kernel::update: return callAs(device::update, updateKernel, a);
    case Kernel::finish: return callAs(device::finish, finishKernel, a);
    case Kernel::count: break;
  }
}

class HostBackend final : public Backend {
 public:
  at::Device place() const override { return at::kCPU; }

  void multiply(float *out, int64_t rows, int64_t inner, int64_t columns, Factor a, Factor b) override {
    at::Tensor result = at::from_blob(out, {rows, columns}, at::kFloat);
    at::mm_out(result, matrix(a, rows, inner), matrix(b, inner, columns));
  }

  std::unique_ptr<Recording> record(const std::function<void()> &) override { return nullptr; }

 protected:
  void run(Kernel kernel, int64_t threads, void **arguments) override {
    const int64_t whole = blocks(threads, kBlockThreads);
    parallel(whole, [&](int64_t block) {
      for (int64_t i = 0; i < kBlockThreads; ++i) {
        hostThread = block * kBlockThreads + i;
        callHost(kernel, arguments);
      }
    });
  }

 private:
  static at::Tensor matrix(Factor f, int64_t rows, int64_t columns) {
    float *values = const_cast<float *>(f.values);  // only read
    return f.transposed ? at::from_blob(values, {columns, rows}, at::kFloat).t()
                        : at::from_blob(values, {rows, columns}, at::kFloat);
  }
};

}  // namespace

Backend &hostBackend() {
  static HostBackend backend;
  return backend;
}

}  // namespace ctorch
