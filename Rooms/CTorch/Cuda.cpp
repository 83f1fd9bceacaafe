// CUDA devices without NVIDIA's headers or compiler at build time: LibTorch's CUDA part, the driver, cuBLAS and the run-time
// compiler are loaded when a device is asked for, and called by their C interfaces, which NVIDIA keeps stable.
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dirent.h>
#include <dlfcn.h>

#include <cstring>
#include <map>
#include <tuple>

#include "Backend.h"

// The sources of the kernels, as the run-time compiler takes them.
#define CTORCH_SOURCE(name, file)                                                           \
  __asm__(".pushsection .rodata\n.global " #name "\n.hidden " #name "\n" #name ":\n.incbin \"" file "\"\n.byte 0\n" \
          ".popsection\n");                                                                 \
  extern "C" __attribute__((visibility("hidden"))) const char name[];
CTORCH_SOURCE(ctorchDeviceKernels, "CTorch/DeviceKernels.cu")
CTORCH_SOURCE(ctorchDeviceTypes, "CTorch/DeviceTypes.h")
CTORCH_SOURCE(ctorchElementwise, "CTorch/Elementwise.h")

namespace ctorch {
namespace {

/// A function of a library that is loaded.
template <typename Function>
void find(void *library, const char *name, Function *&out) {
  out = reinterpret_cast<Function *>(dlsym(library, name));
  TORCH_CHECK(out, "no function ", name, " in NVIDIA's libraries");
}

struct Driver {
  int (*init)(unsigned);
  int (*deviceCount)(int *);
  int (*deviceName)(char *, int, int);
  int (*attribute)(int *, int, int);
  int (*errorText)(int, const char **);
  int (*loadModule)(void **, const void *);
  int (*function)(void **, void *, const char *);
  int (*launch)(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *, void **, void **);
  int (*beginCapture)(void *, int);
  int (*endCapture)(void *, void **);
  int (*instantiate)(void **, void *, unsigned long long);
  int (*launchGraph)(void *, void *);
  int (*destroyGraph)(void *);
  int (*destroyExecutable)(void *);

  explicit Driver(void *library) {
    find(library, "cuInit", init);
    find(library, "cuDeviceGetCount", deviceCount);
    find(library, "cuDeviceGetName", deviceName);
    find(library, "cuDeviceGetAttribute", attribute);
    find(library, "cuGetErrorString", errorText);
    find(library, "cuModuleLoadData", loadModule);
    find(library, "cuModuleGetFunction", function);
    find(library, "cuLaunchKernel", launch);
    find(library, "cuStreamBeginCapture_v2", beginCapture);
    find(library, "cuStreamEndCapture", endCapture);
    find(library, "cuGraphInstantiateWithFlags", instantiate);
    find(library, "cuGraphLaunch", launchGraph);
    find(library, "cuGraphDestroy", destroyGraph);
    find(library, "cuGraphExecDestroy", destroyExecutable);
  }

  std::string text(int code) const {
    const char *words = nullptr;
    errorText(code, &words);
    return words ? words : "error " + std::to_string(code);
  }
  void check(int code, const char *what) const { TORCH_CHECK(code == 0, "CUDA: ", what, ": ", text(code)); }
};

struct Cublas {
  int (*create)(void **);
  int (*setStream)(void *, void *);
  int (*setWorkspace)(void *, void *, size_t);
  int (*multiply)(void *, int, int, int, int, int, const float *, const float *, int, const float *, int, const float *,
                  float *, int);

  explicit Cublas(void *library) {
    find(library, "cublasCreate_v2", create);
    find(library, "cublasSetStream_v2", setStream);
    find(library, "cublasSetWorkspace_v2", setWorkspace);
    find(library, "cublasSgemm_v2", multiply);
  }
};

struct Compiler {
  int (*create)(void **, const char *, const char *, int, const char *const *, const char *const *);
  int (*compile)(void *, int, const char *const *);
  int (*logSize)(void *, size_t *);
  int (*log)(void *, char *);
  int (*codeSize)(void *, size_t *);
  int (*code)(void *, char *);
  int (*destroy)(void **);

  explicit Compiler(void *library) {
    find(library, "nvrtcCreateProgram", create);
    find(library, "nvrtcCompileProgram", compile);
    find(library, "nvrtcGetProgramLogSize", logSize);
    find(library, "nvrtcGetProgramLog", log);
    find(library, "nvrtcGetCUBINSize", codeSize);
    find(library, "nvrtcGetCUBIN", code);
    find(library, "nvrtcDestroyProgram", destroy);
  }
};

/// The folder of the LibTorch that is loaded.
std::string libtorchFolder() {
  Dl_info info;
  int32_t (*threads)() = at::get_num_threads;
  if (dladdr(reinterpret_cast<void *>(threads), &info) == 0 || !info.dli_fname) { return ""; }
  const std::string file = info.dli_fname;
  const size_t slash = file.rfind('/');
  return slash == std::string::npos ? "." : file.substr(0, slash);
}

/// What was found of CUDA, looked for once.
struct Cuda {
  std::string folder, problem;
  void *torch = nullptr;
  std::unique_ptr<Driver> driver;
  int count = 0;

  Cuda() : folder(libtorchFolder()) {
    try {
      look();
    } catch (const c10::Error &error) {
      problem = error.what_without_backtrace();
      count = 0;
    }
  }

  void look() {
    void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
      problem = "no NVIDIA driver (libcuda.so.1)";
      return;
    }
    driver = std::make_unique<Driver>(library);
    const int code = driver->init(0);
    if (code != 0 || driver->deviceCount(&count) != 0 || count == 0) {
      problem = "the NVIDIA driver finds no device" + (code != 0 ? " (" + driver->text(code) + ")" : std::string());
      count = 0;
      return;
    }
    const std::string file = folder + "/libtorch_cuda.so";
    torch = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!torch) {
      const char *reason = dlerror();
      problem = "LibTorch's CUDA part does not load (" + std::string(reason ? reason : file) + ")";
      count = 0;
      return;
    }
    count = static_cast<int>(at::detail::getCUDAHooks().deviceCount());
    if (count == 0) { problem = "LibTorch's CUDA part finds no device"; }
  }
};

const Cuda &cuda() {
  static const Cuda found;
  return found;
}

/// The run-time compiler that LibTorch itself uses, with the part that it looks for beside itself.
void *compilerLibrary() {
  void *library = dlopen((cuda().folder + "/libcaffe2_nvrtc.so").c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) { library = dlopen("libnvrtc.so.13", RTLD_NOW | RTLD_LOCAL); }
  const char *reason = library ? nullptr : dlerror();
  TORCH_CHECK(library, "CUDA: no run-time compiler: ", reason ? reason : "not found");
  Dl_info info;
  void *symbol = dlsym(library, "nvrtcCompileProgram");
  if (symbol && dladdr(symbol, &info) != 0 && info.dli_fname) {
    const std::string file = info.dli_fname, folder = file.substr(0, file.rfind('/') + 1);
    if (DIR *listing = opendir(folder.c_str())) {
      while (const dirent *entry = readdir(listing)) {
        const std::string name = entry->d_name;
        const bool isPart = name.rfind("libnvrtc-builtins.so", 0) == 0;
        if (isPart) { dlopen((folder + name).c_str(), RTLD_NOW | RTLD_LOCAL); }
      }
      closedir(listing);
    }
  }
  return library;
}

std::string compiled(const std::string &architecture) {
  const Compiler nvrtc(compilerLibrary());
  const char *headers[] = {ctorchDeviceTypes, ctorchElementwise}, *names[] = {"DeviceTypes.h", "Elementwise.h"};
  void *program = nullptr;
  TORCH_CHECK(nvrtc.create(&program, ctorchDeviceKernels, "DeviceKernels.cu", 2, headers, names) == 0,
              "CUDA: the run-time compiler does not start");
  const std::string target = "--gpu-architecture=" + architecture;
  const char *options[] = {target.c_str(), "--std=c++17"};
  const int status = nvrtc.compile(program, 2, options);
  size_t size = 0;
  std::string text;
  if (status != 0) {
    nvrtc.logSize(program, &size);
    text.resize(size);
    nvrtc.log(program, text.data());
    nvrtc.destroy(&program);
    TORCH_CHECK(false, "CUDA: the kernels do not compile for ", architecture, ": ", text);
  }
  nvrtc.codeSize(program, &size);
  text.resize(size);
  nvrtc.code(program, text.data());
  nvrtc.destroy(&program);
  return text;
}

class CudaRecording final : public Recording {
 public:
  CudaRecording(const Driver &driver, void *stream, void *graph) : driver(driver), stream(stream), graph(graph) {
    driver.check(driver.instantiate(&executable, graph, 0), "making a graph");
  }
  ~CudaRecording() override {
    if (executable) { driver.destroyExecutable(executable); }
    driver.destroyGraph(graph);
  }
  void replay() override { driver.check(driver.launchGraph(executable, stream), "launching a graph"); }

 private:
  const Driver &driver;
  void *stream, *graph, *executable = nullptr;
};

class CudaBackend final : public Backend {
 public:
  explicit CudaBackend(int32_t index)
      : device(at::kCUDA, static_cast<c10::DeviceIndex>(index)), driver(*cuda().driver), cublas(cuda().torch) {
    const c10::impl::VirtualGuardImpl guard(at::kCUDA);
    guard.setDevice(device);
    at::empty({1}, at::TensorOptions().device(device));  // LibTorch makes its own things ready
    // Recording is not possible on the default stream. This one stays the current one of LibTorch's thread.
    const c10::Stream own = guard.getStreamFromGlobalPool(device);
    guard.exchangeStream(own);
    stream = guard.getStreamNativeHandle(own);
    workspace = at::empty({kWorkspace}, at::TensorOptions().dtype(at::kByte).device(device));
    TORCH_CHECK(cublas.create(&handle) == 0 && cublas.setStream(handle, stream) == 0 &&
                    cublas.setWorkspace(handle, workspace.mutable_data_ptr(), kWorkspace) == 0,
                "CUDA: cuBLAS does not start");
    loadKernels(index);
  }

  at::Device place() const override { return device; }

  void multiply(float *out, int64_t rows, int64_t inner, int64_t columns, Factor a, Factor b) override {
    // cuBLAS counts by columns: it is asked for the transpose of the product.
    const float one = 1, zero = 0;
    const int status = cublas.multiply(
        handle, b.transposed ? 1 : 0, a.transposed ? 1 : 0, static_cast<int>(columns), static_cast<int>(rows),
        static_cast<int>(inner), &one, b.values, static_cast<int>(b.transposed ? inner : columns), a.values,
        static_cast<int>(a.transposed ? rows : inner), &zero, out, static_cast<int>(columns));
    TORCH_CHECK(status == 0, "CUDA: a product of ", rows, " × ", inner, " × ", columns, " failed with status ", status);
  }

  std::unique_ptr<Recording> record(const std::function<void()> &body) override {
    driver.check(driver.beginCapture(stream, 1 /* this thread's calls */), "recording");
    void *graph = nullptr;
    try {
      body();
    } catch (...) {
      driver.endCapture(stream, &graph);
      if (graph) { driver.destroyGraph(graph); }
      throw;
    }
    driver.check(driver.endCapture(stream, &graph), "the end of recording");
    return std::make_unique<CudaRecording>(driver, stream, graph);
  }

 protected:
  void run(Kernel kernel, int64_t threads, void **arguments) override {
    const auto grid = static_cast<unsigned>(blocks(threads, kBlockThreads));
    driver.check(driver.launch(functions[static_cast<size_t>(kernel)], grid, 1, 1, kBlockThreads, 1, 1, 0, stream,
                               arguments, nullptr),
                 "launching a kernel");
  }

 private:
  static constexpr int64_t kWorkspace = 64 << 20;
  at::Device device;
  const Driver &driver;
  Cublas cublas;
  void *stream = nullptr, *handle = nullptr;
  at::Tensor workspace;
  void *functions[static_cast<size_t>(Kernel::count)] = {};

  void loadKernels(int32_t index) {
    int major = 0, minor = 0;
    driver.check(driver.attribute(&major, 75, index), "asking for the device's architecture");
    driver.check(driver.attribute(&minor, 76, index), "asking for the device's architecture");
    const std::string code = compiled("sm_" + std::to_string(10 * major + minor));
    void *module = nullptr;
    driver.check(driver.loadModule(&module, code.data()), "loading kernels");
    const char *names[] = {"keepMaskKernel", "gatherKernel", "forwardKernel", "inferKernel",   "lossKernel",  "backwardKernel",
                           "foldKernel",     "squaresKernel", "factorsKernel", "updateKernel", "finishKernel"};
    for (size_t i = 0; i < static_cast<size_t>(Kernel::count); ++i) {
      driver.check(driver.function(&functions[i], module, names[i]), names[i]);
    }
  }
};

}  // namespace

int32_t cudaDeviceCount() { return cuda().count; }
const char *cudaState() { return cuda().problem.c_str(); }

std::string cudaDeviceName(int32_t index) {
  TORCH_CHECK(index >= 0 && index < cuda().count, "no CUDA device ", index);
  char name[256] = "";
  int major = 0, minor = 0;
  const Driver &driver = *cuda().driver;
  driver.check(driver.deviceName(name, sizeof name, index), "asking for the device's name");
  driver.check(driver.attribute(&major, 75, index), "asking for the device's architecture");
  driver.check(driver.attribute(&minor, 76, index), "asking for the device's architecture");
  return std::string(name) + " sm_" + std::to_string(10 * major + minor);
}

Backend &cudaBackend(int32_t index) {
  TORCH_CHECK(index >= 0 && index < cudaDeviceCount(), "no CUDA device ", index, ": ", cudaState());
  // Never destroyed: at the end of the process the driver may be gone before.
  static auto &backends = *new std::map<int32_t, std::unique_ptr<Backend>>();
  std::unique_ptr<Backend> &backend = backends[index];
  if (!backend) { backend = std::make_unique<CudaBackend>(index); }
  return *backend;
}

}  // namespace ctorch
