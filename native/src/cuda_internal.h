// What the files of CUDA share.
#pragma once

#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>

#include "internal.h"

namespace gt {

// The index of a device that exists; else throws, with what is missing.
c10::DeviceIndex cuda_device(int32_t device_index);

inline c10::cuda::CUDAStream cuda_stream(int32_t device_index, int64_t stream) {
  return c10::cuda::CUDAStream::unpack3(stream, cuda_device(device_index), c10::DeviceType::CUDA);
}

// Objects of CUDA that Java holds: counted like tensors.
template <class Object>
intptr_t give(std::unique_ptr<Object> object) {
  count_handles(1);
  return reinterpret_cast<intptr_t>(object.release());
}

template <class Object>
void take(intptr_t handle) noexcept {
  if (handle == 0) return;
  count_handles(-1);
  try {
    delete reinterpret_cast<Object*>(handle);
  } catch (...) {
    record_exception();
  }
}

template <class Object>
Object& object(intptr_t handle, const char* what) {
  if (handle == 0) throw_null(what);
  return *reinterpret_cast<Object*>(handle);
}

}  // namespace gt
