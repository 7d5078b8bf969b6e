// Ranges for NVIDIA's profilers, by way of libtorch's own binding to NVTX, which it has where it has CUDA.
#include <c10/util/Exception.h>
#include <torch/csrc/profiler/stubs/base.h>

#include "internal.h"

namespace {

const torch::profiler::impl::ProfilerStubs& nvtx() {
  const auto* stubs = torch::profiler::impl::cudaStubs();
  if (!stubs->enabled()) {
    C10_THROW_ERROR(NotImplementedError, "NVTX ranges need a libtorch with CUDA; this one has none");
  }
  return *stubs;
}

const char* checked(const char* name) {
  if (name == nullptr) gt::throw_null("name");
  return name;
}

}  // namespace

int32_t gt_nvtx_push(const char* name) {
  return gt::run([&] { nvtx().rangePush(checked(name)); });
}

int32_t gt_nvtx_pop(void) {
  return gt::run([] { nvtx().rangePop(); });
}

int32_t gt_nvtx_mark(const char* name) {
  return gt::run([&] { nvtx().mark(checked(name)); });
}
