// CUDA, compiled where the libtorch found has it.
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>

#include <stdexcept>
#include <string>

#include "internal.h"

namespace {
c10::DeviceIndex checked(int32_t device_index) {
  const int count = c10::cuda::device_count();
  if (device_index < 0 || device_index >= count) {
    throw std::out_of_range("CUDA device " + std::to_string(device_index) + " of " + std::to_string(count));
  }
  return static_cast<c10::DeviceIndex>(device_index);
}
}  // namespace

int32_t gt_cuda_is_built(void) { return 1; }

int32_t gt_cuda_device_count(void) {
  return gt::value_or<int32_t>(0, [] { return static_cast<int32_t>(c10::cuda::device_count()); });
}

int32_t gt_cuda_synchronize(int32_t device_index) {
  return gt::run([&] {
    const c10::cuda::CUDAGuard guard(checked(device_index));
    c10::cuda::device_synchronize();
  });
}

const char* gt_cuda_device_name(int32_t device_index) {
  return gt::value_or<const char*>(nullptr, [&] {
    return static_cast<const char*>(at::cuda::getDeviceProperties(checked(device_index))->name);
  });
}

int32_t gt_cuda_memory(int32_t device_index, int64_t* allocated, int64_t* peak, int64_t* reserved,
                       int64_t* device_free, int64_t* device_total) {
  return gt::run([&] {
    const c10::DeviceIndex index = checked(device_index);
    const c10::cuda::CUDAGuard guard(index);
    constexpr auto aggregate = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    *allocated = *peak = *reserved = 0;
    // The allocator exists from the first CUDA tensor on.
    if (c10::cuda::CUDACachingAllocator::get()->initialized()) {
      const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(index);
      *allocated = stats.allocated_bytes[aggregate].current;
      *peak = stats.allocated_bytes[aggregate].peak;
      *reserved = stats.reserved_bytes[aggregate].current;
    }
    size_t free_bytes = 0, total_bytes = 0;
    C10_CUDA_CHECK(cudaMemGetInfo(&free_bytes, &total_bytes));
    *device_free = static_cast<int64_t>(free_bytes);
    *device_total = static_cast<int64_t>(total_bytes);
  });
}

int32_t gt_cuda_reset_peak_memory(int32_t device_index) {
  return gt::run([&] {
    const c10::DeviceIndex index = checked(device_index);
    if (c10::cuda::CUDACachingAllocator::get()->initialized()) {
      c10::cuda::CUDACachingAllocator::resetPeakStats(index);
    }
  });
}

int32_t gt_cuda_empty_cache(void) {
  return gt::run([] {
    if (c10::cuda::CUDACachingAllocator::get()->initialized()) c10::cuda::CUDACachingAllocator::emptyCache();
  });
}
