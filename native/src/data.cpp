// dtypes, elements in and out of tensors, tensors over memory of the caller.
#include <ATen/EmptyTensor.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/item.h>
#include <c10/core/DefaultDtype.h>
#include <c10/core/ScalarType.h>
#include <c10/util/Exception.h>
#include <c10/util/intrusive_ptr.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>

#include "internal.h"

namespace {

// Whether its elements lie in host memory as gradus_torch_data.h says.
bool is_plain(const at::Tensor& tensor, at::ScalarType dtype) {
  return tensor.scalar_type() == dtype && tensor.is_cpu() && tensor.layout() == at::kStrided &&
         tensor.is_contiguous() && !tensor.is_conj() && !tensor.is_neg() && !tensor._is_zerotensor();
}

// The elements, to be written to.
void* changed(const at::Tensor& tensor) {
  if (!tensor.is_inference()) tensor.unsafeGetTensorImpl()->bump_version();
  return tensor.mutable_data_ptr();
}

// How many bytes these sizes take. libtorch's own check of memory that is handed in ends the process where it
// fails.
int64_t bytes_of(at::IntArrayRef sizes, at::ScalarType dtype) {
  int64_t bytes = static_cast<int64_t>(c10::elementSize(dtype));
  bool empty = false;
  for (const int64_t size : sizes) {
    TORCH_CHECK(size >= 0, "a tensor can't have the negative size ", size, ": its shape is ", sizes);
    empty = empty || size == 0;
  }
  if (empty) return 0;
  for (const int64_t size : sizes) {
    TORCH_CHECK(bytes <= std::numeric_limits<int64_t>::max() / size, "a tensor of shape ", sizes,
                " has more bytes than can be counted");
    bytes *= size;
  }
  return bytes;
}

void check_bytes(int64_t given, int64_t needed) {
  if (given != needed) {
    throw std::invalid_argument("the memory has " + std::to_string(given) + " bytes, the tensor has " +
                                std::to_string(needed));
  }
}

// As gt::run, for a body that has an answer of its own.
template <class Body>
int32_t copied(Body&& body) noexcept {
  try {
    return body();
  } catch (...) {
    return gt::record_exception();
  }
}

// Counts the storages that lie in memory of the caller; the last reference, the caller's or a storage's,
// deletes it.
struct Lease {
  std::atomic<int64_t> references{1};
  std::atomic<int64_t> storages{0};

  void release() noexcept {
    if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  // A storage that ends: its use of the memory happens before what the caller does when it reads 0.
  static void end(void* lease) {
    auto* self = static_cast<Lease*>(lease);
    self->storages.fetch_sub(1, std::memory_order_release);
    self->release();
  }
};

}  // namespace

int32_t gt_promote_types(int32_t first, int32_t second) {
  return gt::value_or<int32_t>(
      -1, [&] { return static_cast<int32_t>(c10::promoteTypes(gt::dtype(first), gt::dtype(second))); });
}

int32_t gt_default_dtype(void) { return static_cast<int32_t>(c10::get_default_dtype_as_scalartype()); }

int32_t gt_set_default_dtype(int32_t dtype) {
  return gt::run([&] {
    const at::ScalarType type = gt::dtype(dtype);
    if (type != at::kFloat && type != at::kDouble && type != at::kHalf && type != at::kBFloat16) {
      C10_THROW_ERROR(TypeError, "the default dtype must be float32, float64, float16 or bfloat16, not " +
                                     std::string(c10::toString(type)));
    }
    c10::set_default_dtype(c10::scalarTypeToTypeMeta(type));
  });
}

gt_tensor gt_from_data(const void* data, int64_t bytes, const int64_t* sizes, int64_t count, int32_t dtype) {
  return gt::make([&] {
    const at::ScalarType type = gt::dtype(dtype);
    const at::IntArrayRef shape = gt::ints(sizes, count);
    check_bytes(bytes, bytes_of(shape, type));
    at::Tensor result = at::detail::empty_cpu(shape, type);
    if (bytes > 0) {
      if (data == nullptr) gt::throw_null("data");
      std::memcpy(result.mutable_data_ptr(), data, static_cast<size_t>(bytes));
    }
    return result;
  });
}

int32_t gt_copy_out(gt_tensor self, int32_t dtype, void* out, int64_t bytes) {
  return copied([&]() -> int32_t {
    const at::Tensor& source = gt::tensor(self);
    if (!is_plain(source, static_cast<at::ScalarType>(dtype))) return GT_NOT_PLAIN;
    check_bytes(bytes, static_cast<int64_t>(source.nbytes()));
    if (bytes > 0) {
      if (out == nullptr) gt::throw_null("out");
      std::memmove(out, source.const_data_ptr(), static_cast<size_t>(bytes));
    }
    return GT_OK;
  });
}

int32_t gt_copy_in(gt_tensor self, int32_t dtype, const void* data, int64_t bytes) {
  return copied([&]() -> int32_t {
    const at::Tensor& target = gt::tensor(self);
    if (!is_plain(target, static_cast<at::ScalarType>(dtype))) return GT_NOT_PLAIN;
    check_bytes(bytes, static_cast<int64_t>(target.nbytes()));
    if (bytes > 0) {
      if (data == nullptr) gt::throw_null("data");
      std::memmove(changed(target), data, static_cast<size_t>(bytes));
    }
    return GT_OK;
  });
}

void* gt_overwrite(gt_tensor self, int32_t dtype) {
  return gt::value_or<void*>(nullptr, [&]() -> void* {
    const at::Tensor& target = gt::tensor(self);
    return is_plain(target, static_cast<at::ScalarType>(dtype)) ? changed(target) : nullptr;
  });
}

gt_tensor gt_to_host(gt_tensor self, int32_t dtype) {
  return gt::make([&] {
    const at::ScalarType type = gt::dtype(dtype);
    at::Tensor source = gt::tensor(self);
    if (is_plain(source, type)) return source;
    source = source.detach();
    if (source.layout() != at::kStrided) source = source.to_dense();
    if (source.is_quantized() && source.scalar_type() != type) source = source.dequantize();
    source = source.to(at::TensorOptions().device(at::kCPU).dtype(type));
    return source.resolve_conj().resolve_neg().contiguous();
  });
}

int32_t gt_item_complex(gt_tensor self, double* real, double* imaginary) {
  return gt::run([&] {
    if (real == nullptr || imaginary == nullptr) gt::throw_null("result");
    const c10::complex<double> value = gt::tensor(self).item().toComplexDouble();
    *real = value.real();
    *imaginary = value.imag();
  });
}

gt_tensor gt_hold_memory(gt_tensor self, void** data) {
  return gt::make([&] {
    if (data == nullptr) gt::throw_null("result");
    const at::Tensor& tensor = gt::tensor(self);
    if (!is_plain(tensor, tensor.scalar_type())) {
      throw std::invalid_argument(
          "a view of a tensor's memory needs its elements on the CPU, in row-major order without gaps, "
          "and no pending conjugation or negation");
    }
    *data = tensor.mutable_data_ptr();
    tensor.storage().unsafeGetStorageImpl()->set_resizable(false);
    // A tensor of its own: the one at hand may be given other memory.
    return tensor.variable_data();
  });
}

void* gt_lease_new(void) {
  return gt::value_or<void*>(nullptr, [] { return new Lease; });
}

int64_t gt_lease_count(const void* lease) {
  return lease == nullptr ? 0 : static_cast<const Lease*>(lease)->storages.load(std::memory_order_acquire);
}

void gt_lease_free(void* lease) {
  if (lease != nullptr) static_cast<Lease*>(lease)->release();
}

gt_tensor gt_leased_tensor(void* lease, void* data, const int64_t* sizes, int64_t count, int32_t dtype) {
  return gt::make([&] {
    if (lease == nullptr) gt::throw_null("lease");
    const at::ScalarType type = gt::dtype(dtype);
    const at::IntArrayRef shape = gt::ints(sizes, count);
    if (bytes_of(shape, type) > 0 && data == nullptr) gt::throw_null("data");
    auto* counted = static_cast<Lease*>(lease);
    counted->references.fetch_add(1, std::memory_order_relaxed);
    counted->storages.fetch_add(1, std::memory_order_relaxed);
    // From here on whoever drops the context counts down, also where this fails.
    return at::for_blob(data, shape)
        .context(counted, &Lease::end)
        .options(at::TensorOptions().dtype(type))
        .make_tensor();
  });
}
