// CUDA devices: what there is, which one is current.
#include <ATen/Context.h>
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>

#include <stdexcept>
#include <string>

#include "cuda_internal.h"

namespace gt {

void require_cuda() {
  if (c10::cuda::device_count() > 0) return;
  int count = 0;
  const cudaError_t reason = cudaGetDeviceCount(&count);
  (void)cudaGetLastError();
  throw std::runtime_error(
      std::string("no CUDA device can be used: ") +
      (reason == cudaSuccess ? "CUDA_VISIBLE_DEVICES leaves none" : cudaGetErrorString(reason)) +
      "; see whether 'nvidia-smi' shows a GPU and a driver that is new enough for this libtorch, or use the "
      "CPU");
}

c10::DeviceIndex cuda_device(int32_t device_index) {
  require_cuda();
  const int count = c10::cuda::device_count();
  if (device_index < 0 || device_index >= count) {
    throw std::out_of_range("CUDA device " + std::to_string(device_index) + ", but this machine has " +
                            std::to_string(count) + ", counted from 0");
  }
  return static_cast<c10::DeviceIndex>(device_index);
}

}  // namespace gt

int32_t gt_cuda_is_built(void) { return 1; }

int32_t gt_cuda_device_count(void) {
  return gt::value_or<int32_t>(0, [] { return static_cast<int32_t>(c10::cuda::device_count()); });
}

int32_t gt_cuda_require(void) {
  return gt::run([] { gt::require_cuda(); });
}

const char* gt_cuda_device_name(int32_t device_index) {
  return gt::value_or<const char*>(nullptr, [&] {
    return static_cast<const char*>(at::cuda::getDeviceProperties(gt::cuda_device(device_index))->name);
  });
}

int32_t gt_cuda_properties(int32_t device_index, int64_t* out) {
  return gt::run([&] {
    const cudaDeviceProp& device = *at::cuda::getDeviceProperties(gt::cuda_device(device_index));
    out[GT_CUDA_MAJOR] = device.major;
    out[GT_CUDA_MINOR] = device.minor;
    out[GT_CUDA_MULTIPROCESSORS] = device.multiProcessorCount;
    out[GT_CUDA_TOTAL_MEMORY] = static_cast<int64_t>(device.totalGlobalMem);
    out[GT_CUDA_SHARED_MEMORY] = static_cast<int64_t>(device.sharedMemPerBlockOptin);
    out[GT_CUDA_THREADS] = device.maxThreadsPerMultiProcessor;
    out[GT_CUDA_WARP] = device.warpSize;
    out[GT_CUDA_L2_CACHE] = device.l2CacheSize;
  });
}

int32_t gt_cuda_versions(int64_t* runtime, int64_t* driver, int64_t* cudnn) {
  return gt::run([&] {
    int runtime_version = 0, driver_version = 0;
    C10_CUDA_CHECK(cudaRuntimeGetVersion(&runtime_version));
    C10_CUDA_CHECK(cudaDriverGetVersion(&driver_version));
    *runtime = runtime_version;
    *driver = driver_version;
    *cudnn = at::Context::hasCuDNN() ? at::Context::versionCuDNN() : 0;
  });
}

int32_t gt_cuda_current_device(void) {
  return gt::value_or<int32_t>(-1, [] {
    gt::require_cuda();
    return static_cast<int32_t>(c10::cuda::current_device());
  });
}

int32_t gt_cuda_set_device(int32_t device_index) {
  return gt::run([&] { c10::cuda::set_device(gt::cuda_device(device_index)); });
}

int32_t gt_cuda_synchronize(int32_t device_index) {
  return gt::run([&] {
    const c10::cuda::CUDAGuard guard(gt::cuda_device(device_index));
    c10::cuda::device_synchronize();
  });
}
