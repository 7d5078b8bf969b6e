// The functions of cuda.cpp where libtorch has no CUDA.
#include <c10/util/Exception.h>

#include "internal.h"

namespace {
[[noreturn]] void not_built() {
  C10_THROW_ERROR(NotImplementedError,
                  "not built with CUDA: the libtorch that Gradus was built with is a CPU build");
}
}  // namespace

int32_t gt_cuda_is_built(void) { return 0; }
int32_t gt_cuda_device_count(void) { return 0; }
int32_t gt_cuda_synchronize(int32_t) {
  return gt::run([] { not_built(); });
}
const char* gt_cuda_device_name(int32_t) {
  return gt::value_or<const char*>(nullptr, []() -> const char* { not_built(); });
}
int32_t gt_cuda_memory(int32_t, int64_t*, int64_t*, int64_t*, int64_t*, int64_t*) {
  return gt::run([] { not_built(); });
}
int32_t gt_cuda_reset_peak_memory(int32_t) {
  return gt::run([] { not_built(); });
}
int32_t gt_cuda_empty_cache(void) {
  return gt::run([] { not_built(); });
}
