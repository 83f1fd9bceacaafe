#include "Kernels.h"

namespace ctorch {

const Kernels &kernels() {
  static const Kernels &chosen = []() -> const Kernels & {
#ifdef CTORCH_X86_VARIANTS
    __builtin_cpu_init();
    const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (v4) { return kernelsV4(); }
    if (v3) { return kernelsV3(); }
#endif
    return kernelsBaseline();
  }();
  return chosen;
}

}  // namespace ctorch
