// Threads and memory of the library as a whole.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <stdexcept>
#include <string>

#include "internal.h"

namespace {
void check_threads(int32_t n) {
  if (n < 1) {
    throw std::invalid_argument("the number of threads is " + std::to_string(n) + ", it must be at least 1");
  }
}
}  // namespace

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

int32_t gt_cpu_has_bfloat16(void) {
#if defined(__x86_64__)
  // Processors with AMX have these, too. ATEN_CPU_CAPABILITY may forbid them.
  return at::get_cpu_capability().rfind("AVX512", 0) == 0 && __builtin_cpu_supports("avx512bf16") ? 1 : 0;
#else
  return 0;
#endif
}

int32_t gt_num_threads(void) { return at::get_num_threads(); }

int32_t gt_set_num_threads(int32_t n) {
  return gt::run([&] {
    check_threads(n);
    at::set_num_threads(n);
  });
}

int32_t gt_num_interop_threads(void) {
  return gt::value_or<int32_t>(0, [] { return static_cast<int32_t>(at::get_num_interop_threads()); });
}

int32_t gt_set_num_interop_threads(int32_t n) {
  return gt::run([&] {
    check_threads(n);
    at::set_num_interop_threads(n);
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
