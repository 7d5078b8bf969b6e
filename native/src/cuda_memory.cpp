// Memory of CUDA devices, and host memory that they can reach.
#include <ATen/Context.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "cuda_internal.h"

namespace {

namespace allocator = c10::cuda::CUDACachingAllocator;
using Counts = c10::CachingAllocator::StatArray;

constexpr auto aggregate = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);

// The allocator exists from the first CUDA tensor on.
bool has_allocator() { return allocator::get()->initialized(); }

}  // namespace

int32_t gt_cuda_memory(int32_t device_index, int64_t* allocated, int64_t* peak, int64_t* reserved,
                       int64_t* device_free, int64_t* device_total) {
  return gt::run([&] {
    const c10::DeviceIndex index = gt::cuda_device(device_index);
    const c10::cuda::CUDAGuard guard(index);
    *allocated = *peak = *reserved = 0;
    if (has_allocator()) {
      const auto stats = allocator::getDeviceStats(index);
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

int32_t gt_cuda_memory_stats(int32_t device_index, int64_t* out) {
  return gt::run([&] {
    const c10::DeviceIndex index = gt::cuda_device(device_index);
    if (!has_allocator()) {
      std::fill_n(out, 4 * GT_CUDA_MEMORY_ROWS + 2, 0);
      return;
    }
    const auto stats = allocator::getDeviceStats(index);
    // In the order of gt_cuda_memory_row.
    const Counts* rows[GT_CUDA_MEMORY_ROWS] = {
        &stats.allocated_bytes,      &stats.active_bytes, &stats.requested_bytes, &stats.reserved_bytes,
        &stats.inactive_split_bytes, &stats.allocation,   &stats.segment};
    for (const Counts* row : rows) {
      const auto& counts = (*row)[aggregate];
      for (const int64_t count : {counts.current, counts.peak, counts.allocated, counts.freed})
        *out++ = count;
    }
    *out++ = stats.num_alloc_retries;
    *out++ = stats.num_ooms;
  });
}

int32_t gt_cuda_reset_peak_memory(int32_t device_index) {
  return gt::run([&] {
    const c10::DeviceIndex index = gt::cuda_device(device_index);
    if (has_allocator()) allocator::resetPeakStats(index);
  });
}

int32_t gt_cuda_set_memory_fraction(int32_t device_index, double fraction) {
  return gt::run([&] {
    if (!(fraction > 0 && fraction <= 1)) {
      throw std::invalid_argument("the fraction of the device's memory is " + std::to_string(fraction) +
                                  ", it must be in (0, 1]");
    }
    const c10::DeviceIndex index = gt::cuda_device(device_index);
    at::globalContext().lazyInitDevice(c10::DeviceType::CUDA);
    allocator::setMemoryFraction(fraction, index);
  });
}

int32_t gt_cuda_empty_cache(void) {
  return gt::run([] {
    gt::require_cuda();
    if (has_allocator()) allocator::emptyCache();
  });
}

gt_tensor gt_pin_memory(gt_tensor self) {
  return gt::make([&] {
    gt::require_cuda();
    return gt::tensor(self).pin_memory();
  });
}

int32_t gt_is_pinned(gt_tensor self) {
  return gt::value_or<int32_t>(
      -1, [&] { return c10::cuda::device_count() > 0 && gt::tensor(self).is_pinned() ? 1 : 0; });
}

int32_t gt_record_stream(gt_tensor self, int32_t device_index, int64_t stream) {
  return gt::run([&] { gt::tensor(self).record_stream(gt::cuda_stream(device_index, stream).unwrap()); });
}
