// Versions: what the shim is, what it was built with, and whether the libtorch in this process is that one.
#include <ATen/Version.h>
#include <torch/version.h>
#if defined(GT_WITH_CUDA)
#include <cuda.h>
#endif

#include <stdexcept>
#include <string>

#include "internal.h"

#define GT_STRING_(x) #x
#define GT_STRING(x) GT_STRING_(x)

// Tests build this file with other numbers, to see the loader refuse it.
#if !defined(GT_COMPILED_VERSION)
#define GT_COMPILED_VERSION      \
  GT_STRING(TORCH_VERSION_MAJOR) \
  "." GT_STRING(TORCH_VERSION_MINOR) "." GT_STRING(TORCH_VERSION_PATCH)
#endif
#if !defined(GT_COMPILED_ABI)
#define GT_COMPILED_ABI GT_ABI
#endif

// Given by CMake.
#if !defined(GT_COMPILE_FLAGS)
#define GT_COMPILE_FLAGS ""
#endif
#if !defined(GT_BUILD_TYPE)
#define GT_BUILD_TYPE ""
#endif

namespace {

#if defined(__clang__)
constexpr const char* compiler = "Clang " __clang_version__;
#else
constexpr const char* compiler = "GCC " __VERSION__;
#endif

#if defined(GT_WITH_CUDA)
constexpr int cuda_version = CUDA_VERSION;
#else
constexpr int cuda_version = 0;
#endif

// libtorch has no function for its version; the description of its build names it.
std::string loaded_version() {
  const std::string config = at::show_config();
  const std::string key = "TORCH_VERSION=";
  const size_t at = config.find(key);
  if (at == std::string::npos) return "";
  const size_t begin = at + key.size();
  return config.substr(begin, config.find_first_not_of("0123456789.", begin) - begin);
}

}  // namespace

int32_t gt_abi(void) { return GT_COMPILED_ABI; }

const char* gt_version(void) { return "0.1.0"; }

const char* gt_libtorch_version(void) { return GT_COMPILED_VERSION; }

const char* gt_loaded_libtorch_version(void) {
  return gt::value_or<const char*>("", [] {
    static const std::string version = loaded_version();
    return version.c_str();
  });
}

int32_t gt_check_libtorch(void) {
  return gt::run([] {
    const std::string loaded = gt_loaded_libtorch_version();
    if (!loaded.empty() && loaded != GT_COMPILED_VERSION) {
      throw std::runtime_error("the shim was compiled against libtorch " GT_COMPILED_VERSION
                               ", the libtorch in this process is " +
                               loaded);
    }
  });
}

const char* gt_shim_build(void) {
  return gt::value_or<const char*>("", [] {
    static const std::string build = [] {
      std::string lines =
          std::string("compiler=") + compiler + "\nflags=" GT_COMPILE_FLAGS "\ntype=" GT_BUILD_TYPE "\ncuda=";
      if (cuda_version > 0) {
        lines += std::to_string(cuda_version / 1000) + "." + std::to_string(cuda_version % 1000 / 10);
      }
      return lines;
    }();
    return build.c_str();
  });
}
