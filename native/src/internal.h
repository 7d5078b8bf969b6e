// What every file of the shim shares: handles, scalars, options, and the guard around each body.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <c10/core/MemoryFormat.h>
#include <c10/core/TensorOptions.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "gradus_torch.h"

namespace gt {

// A handle is exactly what an at::Tensor holds: one pointer to a TensorImpl. So a handle can be read as a
// tensor where it lies, and an array of handles as an array of tensors, without touching a reference count.
// (The shim is compiled with -fno-strict-aliasing.)
static_assert(sizeof(at::Tensor) == sizeof(gt_tensor) && alignof(at::Tensor) == alignof(gt_tensor));

// Records the exception being handled in the calling thread and returns its code.
int32_t record_exception() noexcept;
void clear_error() noexcept;

[[noreturn]] void throw_null(const char* what);
[[noreturn]] void throw_count(int64_t count);

// Counts handles given out and taken back. Every thread counts for itself and only the sum is read, since a
// shared counter would cost as much as the call; and in a plain pointer, since a thread-local object costs a
// tenth of it.
using HandleCounter = std::atomic<int64_t>;
extern thread_local constinit HandleCounter* thread_handles __attribute__((tls_model("initial-exec")));
HandleCounter* start_counting() noexcept;

inline void count_handles(int64_t change) noexcept {
  HandleCounter* counter = thread_handles;
  if (counter == nullptr) [[unlikely]] {
    counter = start_counting();
  }
  // Only this thread writes, so load and store need no lock.
  counter->store(counter->load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
}

inline const at::Tensor& tensor(const gt_tensor& handle) {
  if (handle == 0) throw_null("tensor");
  return reinterpret_cast<const at::Tensor&>(handle);
}

inline std::optional<at::Tensor> optional_tensor(const gt_tensor& handle) {
  if (handle == 0) return std::nullopt;
  return reinterpret_cast<const at::Tensor&>(handle);
}

at::TensorList tensors(const gt_tensor* handles, int64_t count);

inline at::IntArrayRef ints(const int64_t* values, int64_t count) {
  if (count < 0) throw_count(count);
  if (values == nullptr && count > 0) throw_null("list");
  return {values, static_cast<size_t>(count)};
}

at::Scalar scalar(int32_t kind, int64_t bits);
at::ScalarType dtype(int32_t code);
// Throws if the device is a CUDA device and there is none.
at::Device device(int32_t type, int32_t index);
// Throws, with the reason, if no CUDA device can be used.
void require_cuda();
at::TensorOptions options(int32_t dtype, int32_t device_type, int32_t device_index);
at::MemoryFormat memory_format(int32_t code);
std::optional<at::Generator> generator(gt_generator handle);
gt_generator release_generator(at::Generator&& generator) noexcept;

// Has the warnings of this thread collected, if gt_collect_warnings was ever called.
void follow_collecting() noexcept;

// An operator that resizes a tensor in place states the new shape before it asks for the memory. Where that
// was refused, the shape is taken back: the tensor is left empty.
void mend(gt_tensor tensor) noexcept;

// Gives a tensor out as a handle; 0 for an undefined one.
inline gt_tensor release(at::Tensor&& tensor) noexcept {
  if (!tensor.defined()) return 0;
  count_handles(1);
  return reinterpret_cast<gt_tensor>(tensor.unsafeReleaseTensorImpl());
}

// The bodies of the ABI: run, and turn an exception into the error of this thread.
template <class Body>
inline gt_tensor make(Body&& body) noexcept {
  try {
    return release(body());
  } catch (...) {
    record_exception();
    return 0;
  }
}

template <class Body>
inline int32_t run(Body&& body) noexcept {
  try {
    body();
    return GT_OK;
  } catch (...) {
    return record_exception();
  }
}

template <class Value, class Body>
inline Value value_or(Value failed, Body&& body) noexcept {
  try {
    return body();
  } catch (...) {
    record_exception();
    return failed;
  }
}

}  // namespace gt
