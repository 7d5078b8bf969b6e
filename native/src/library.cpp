// Versions, threads and switches of the library as a whole.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/version.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <stdexcept>
#include <string>

#include "internal.h"

#define GT_STRING_(x) #x
#define GT_STRING(x) GT_STRING_(x)

const char* gt_version(void) { return "0.1.0"; }

const char* gt_libtorch_version(void) {
  return GT_STRING(TORCH_VERSION_MAJOR) "." GT_STRING(TORCH_VERSION_MINOR) "." GT_STRING(TORCH_VERSION_PATCH);
}

const char* gt_build_config(void) {
  return gt::value_or<const char*>("", [] {
    static const std::string config = at::show_config();
    return config.c_str();
  });
}

const char* gt_cpu_capability(void) {
  return gt::value_or<const char*>("", [] {
    static const std::string capability = at::get_cpu_capability();
    return capability.c_str();
  });
}

int32_t gt_num_threads(void) { return at::get_num_threads(); }

int32_t gt_set_num_threads(int32_t n) {
  return gt::run([&] {
    if (n < 1)
      throw std::invalid_argument("the number of threads is " + std::to_string(n) +
                                  ", it must be at least 1");
    at::set_num_threads(n);
  });
}

int32_t gt_set_flush_denormal(int32_t on) {
  return gt::value_or<int32_t>(0, [&] { return at::globalContext().setFlushDenormal(on != 0) ? 1 : 0; });
}

int32_t gt_retain_freed_memory(void) {
#if defined(__GLIBC__)
  // The thresholds below which a block comes from the heap instead of mmap, and above which the top of the
  // heap goes back to the system. Setting them also turns off glibc's own adjustment.
  constexpr int gigabyte = 1 << 30;
  const bool done = mallopt(M_MMAP_THRESHOLD, gigabyte) == 1 && mallopt(M_TRIM_THRESHOLD, gigabyte) == 1;
  return done ? 1 : 0;
#else
  return 0;
#endif
}

int32_t gt_set_allow_tf32(int32_t on) {
  return gt::run([&] {
    at::globalContext().setAllowTF32CuBLAS(on != 0);
    at::globalContext().setAllowTF32CuDNN(on != 0);
  });
}

int32_t gt_set_cudnn_benchmark(int32_t on) {
  return gt::run([&] { at::globalContext().setBenchmarkCuDNN(on != 0); });
}

int32_t gt_set_deterministic(int32_t on) {
  return gt::run([&] {
    at::globalContext().setDeterministicAlgorithms(on != 0, /*warn_only=*/false);
    at::globalContext().setDeterministicCuDNN(on != 0);
  });
}
