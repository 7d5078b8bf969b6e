// Handles: counting and freeing them, and what can be asked of a tensor at no cost.
#include <ATen/ops/_local_scalar_dense.h>
#include <ATen/ops/item.h>
#include <c10/core/ScalarType.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <unordered_set>

#include "internal.h"

namespace gt {
namespace {

std::mutex counters_mutex;
std::unordered_set<HandleCounter*>& counters() {
  static auto* all = new std::unordered_set<HandleCounter*>;  // outlives every thread
  return *all;
}
int64_t of_ended_threads = 0;

// Adds up the count of a thread that ends.
struct EndOfThread {
  HandleCounter* counter = nullptr;
  ~EndOfThread() {
    std::lock_guard<std::mutex> lock(counters_mutex);
    of_ended_threads += counter->load(std::memory_order_relaxed);
    counters().erase(counter);
    delete counter;
    // What is freed after this, by destructors that run later, gets a counter that stays.
    thread_handles = nullptr;
  }
};
thread_local bool has_end = false;

void drop(gt_tensor handle) noexcept {
  c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(
      reinterpret_cast<c10::TensorImpl*>(handle));
}

}  // namespace

thread_local constinit HandleCounter* thread_handles = nullptr;

HandleCounter* start_counting() noexcept {
  auto* counter = new HandleCounter(0);
  {
    std::lock_guard<std::mutex> lock(counters_mutex);
    counters().insert(counter);
  }
  if (!has_end) {
    has_end = true;
    static thread_local EndOfThread end;
    end.counter = counter;
  }
  thread_handles = counter;
  follow_collecting();
  return counter;
}

at::TensorList tensors(const gt_tensor* handles, int64_t count) {
  if (count < 0) throw_count(count);
  if (handles == nullptr && count > 0) throw_null("list of tensors");
  for (int64_t i = 0; i < count; i++) {
    if (handles[i] == 0) throw std::invalid_argument("tensor " + std::to_string(i) + " of the list is null");
  }
  return {reinterpret_cast<const at::Tensor*>(handles), static_cast<size_t>(count)};
}

at::Scalar scalar(int32_t kind, int64_t bits) {
  switch (kind) {
    case GT_INT64:
      return at::Scalar(bits);
    case GT_BOOL:
      return at::Scalar(bits != 0);
    case GT_DOUBLE: {
      double value;
      static_assert(sizeof value == sizeof bits);
      std::copy_n(reinterpret_cast<const char*>(&bits), sizeof value, reinterpret_cast<char*>(&value));
      return at::Scalar(value);
    }
    default:
      throw std::invalid_argument("scalar kind " + std::to_string(kind) + " is not one of gt_scalar_kind");
  }
}

at::ScalarType dtype(int32_t code) {
  if (code < 0 || code >= static_cast<int32_t>(at::ScalarType::NumOptions) ||
      code == static_cast<int32_t>(at::ScalarType::Undefined)) {
    throw std::invalid_argument("dtype code " + std::to_string(code) + " is none of libtorch's");
  }
  return static_cast<at::ScalarType>(code);
}

at::Device device(int32_t type, int32_t index) {
  if (type < 0 || type >= static_cast<int32_t>(at::COMPILE_TIME_MAX_DEVICE_TYPES)) {
    throw std::invalid_argument("device type code " + std::to_string(type) + " is none of libtorch's");
  }
  if (index < -1 || index > 127) {
    throw std::out_of_range("device index " + std::to_string(index) +
                            " is not in [0, 127] (or -1, the current one)");
  }
  if (static_cast<at::DeviceType>(type) == at::DeviceType::CUDA) require_cuda();
  return at::Device(static_cast<at::DeviceType>(type), static_cast<at::DeviceIndex>(index));
}

at::TensorOptions options(int32_t dtype_code, int32_t device_type, int32_t device_index) {
  return at::TensorOptions().dtype(dtype(dtype_code)).device(device(device_type, device_index));
}

at::MemoryFormat memory_format(int32_t code) {
  if (code < 0 || code >= static_cast<int32_t>(at::MemoryFormat::NumOptions)) {
    throw std::invalid_argument("memory format code " + std::to_string(code) + " is none of libtorch's");
  }
  return static_cast<at::MemoryFormat>(code);
}

}  // namespace gt

int64_t gt_live_handles(void) {
  std::lock_guard<std::mutex> lock(gt::counters_mutex);
  int64_t sum = gt::of_ended_threads;
  for (const auto* counter : gt::counters()) sum += counter->load(std::memory_order_relaxed);
  return sum;
}

void gt_free(gt_tensor tensor) {
  if (tensor == 0) return;
  gt::count_handles(-1);
  gt::drop(tensor);
}

void gt_free_many(const gt_tensor* tensors, int64_t count) {
  if (tensors == nullptr) return;
  int64_t freed = 0;
  for (int64_t i = 0; i < count; i++) {
    if (tensors[i] == 0) continue;
    gt::drop(tensors[i]);
    freed++;
  }
  gt::count_handles(-freed);
}

gt_tensor gt_share(gt_tensor tensor) {
  return gt::make([&] { return at::Tensor(gt::tensor(tensor)); });
}

// A null handle answers 0 here: these run without a transition and must neither throw nor block.
#define GT_QUERY(type, name, expression)         \
  type name(gt_tensor handle) {                  \
    if (handle == 0) return 0;                   \
    const at::Tensor& self = gt::tensor(handle); \
    return static_cast<type>(expression);        \
  }
GT_QUERY(int64_t, gt_dim, gt::value_or<int64_t>(-1, [&] { return self.dim(); }))
GT_QUERY(int64_t, gt_numel, gt::value_or<int64_t>(-1, [&] { return self.numel(); }))
GT_QUERY(int64_t, gt_element_size, self.element_size())
GT_QUERY(int32_t, gt_dtype, self.scalar_type())
GT_QUERY(int32_t, gt_device_type, self.device().type())
GT_QUERY(int32_t, gt_device_index, self.device().index())
GT_QUERY(int32_t, gt_requires_grad, self.requires_grad())
GT_QUERY(int32_t, gt_is_leaf, self.is_leaf())

int32_t gt_is_contiguous(gt_tensor handle, int32_t memory_format) {
  return gt::value_or<int32_t>(
      0, [&] { return gt::tensor(handle).is_contiguous(gt::memory_format(memory_format)) ? 1 : 0; });
}

int32_t gt_sizes(gt_tensor handle, int64_t* out) {
  return gt::run([&] {
    const auto sizes = gt::tensor(handle).sizes();
    std::copy(sizes.begin(), sizes.end(), out);
  });
}

int32_t gt_strides(gt_tensor handle, int64_t* out) {
  return gt::run([&] {
    const auto strides = gt::tensor(handle).strides();
    std::copy(strides.begin(), strides.end(), out);
  });
}

void* gt_data_ptr(gt_tensor handle) {
  return gt::value_or<void*>(nullptr, [&] { return gt::tensor(handle).data_ptr(); });
}

int32_t gt_item(gt_tensor handle, double* as_double, int64_t* as_int64, int32_t* is_integral) {
  return gt::run([&] {
    if (as_double == nullptr || as_int64 == nullptr || is_integral == nullptr) gt::throw_null("result");
    const at::Scalar value = gt::tensor(handle).item();
    *is_integral = value.isIntegral(/*includeBool=*/true) ? 1 : 0;
    *as_double = value.toDouble();
    // A float out of the range of int64 has no integer; the caller reads it only where it is integral.
    *as_int64 = *is_integral ? value.toLong() : 0;
  });
}
