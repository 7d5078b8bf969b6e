// CUDA streams and events.
#include <ATen/cuda/CUDAEvent.h>
#include <c10/cuda/CUDAGuard.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "cuda_internal.h"

namespace {

using Event = at::cuda::CUDAEvent;

Event& event(gt_cuda_event handle) { return gt::object<Event>(handle, "event"); }

int32_t highest_priority() {
  gt::require_cuda();
  return std::get<1>(c10::cuda::CUDAStream::priority_range());
}

}  // namespace

int32_t gt_cuda_stream_new(int32_t device_index, int32_t priority, int64_t* stream) {
  return gt::run([&] {
    const c10::DeviceIndex index = gt::cuda_device(device_index);
    const int32_t highest = highest_priority();
    if (priority > 0 || priority < highest) {
      throw std::invalid_argument("the priority of a stream is " + std::to_string(priority) +
                                  ", it must be in [" + std::to_string(highest) + ", 0]");
    }
    *stream = c10::cuda::getStreamFromPool(priority, index).id();
  });
}

int32_t gt_cuda_stream_highest_priority(int32_t* priority) {
  return gt::run([&] { *priority = highest_priority(); });
}

int32_t gt_cuda_stream_current(int32_t device_index, int64_t* stream) {
  return gt::run([&] { *stream = c10::cuda::getCurrentCUDAStream(gt::cuda_device(device_index)).id(); });
}

int32_t gt_cuda_stream_set_current(int32_t device_index, int64_t stream) {
  return gt::run([&] { c10::cuda::setCurrentCUDAStream(gt::cuda_stream(device_index, stream)); });
}

int32_t gt_cuda_stream_priority(int32_t device_index, int64_t stream, int32_t* priority) {
  return gt::run([&] { *priority = gt::cuda_stream(device_index, stream).priority(); });
}

int32_t gt_cuda_stream_query(int32_t device_index, int64_t stream) {
  return gt::value_or<int32_t>(-1, [&] { return gt::cuda_stream(device_index, stream).query() ? 1 : 0; });
}

int32_t gt_cuda_stream_synchronize(int32_t device_index, int64_t stream) {
  return gt::run([&] { gt::cuda_stream(device_index, stream).synchronize(); });
}

int32_t gt_cuda_stream_address(int32_t device_index, int64_t stream, int64_t* address) {
  return gt::run(
      [&] { *address = reinterpret_cast<int64_t>(gt::cuda_stream(device_index, stream).stream()); });
}

gt_cuda_event gt_cuda_event_new(int32_t timing, int32_t blocking) {
  return gt::value_or<gt_cuda_event>(0, [&] {
    gt::require_cuda();
    const unsigned int flags = (timing != 0 ? cudaEventDefault : cudaEventDisableTiming) |
                               (blocking != 0 ? cudaEventBlockingSync : cudaEventDefault);
    return gt::give(std::make_unique<Event>(flags));
  });
}

void gt_cuda_event_free(gt_cuda_event handle) { gt::take<Event>(handle); }

int32_t gt_cuda_event_record(gt_cuda_event handle, int32_t device_index, int64_t stream) {
  return gt::run([&] { event(handle).record(gt::cuda_stream(device_index, stream)); });
}

int32_t gt_cuda_event_wait(gt_cuda_event handle, int32_t device_index, int64_t stream) {
  return gt::run([&] { event(handle).block(gt::cuda_stream(device_index, stream)); });
}

int32_t gt_cuda_event_query(gt_cuda_event handle) {
  return gt::value_or<int32_t>(-1, [&] { return event(handle).query() ? 1 : 0; });
}

int32_t gt_cuda_event_synchronize(gt_cuda_event handle) {
  return gt::run([&] { event(handle).synchronize(); });
}

int32_t gt_cuda_event_elapsed(gt_cuda_event start, gt_cuda_event end, double* milliseconds) {
  return gt::run([&] { *milliseconds = event(start).elapsed_time(event(end)); });
}
