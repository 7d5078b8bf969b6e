// Shapes, views, indexing, layout and dtype.
#include <ATen/ATen.h>

#include <limits>
#include <stdexcept>
#include <string>

#include "internal.h"

#define GT_DEFINE(name)                                                             \
  gt_tensor gt_##name(gt_tensor self, const int64_t* sizes, int64_t count) {        \
    return gt::make([&] { return gt::tensor(self).name(gt::ints(sizes, count)); }); \
  }
GT_SHAPE_OPS(GT_DEFINE)
#undef GT_DEFINE

gt_tensor gt_expand(gt_tensor self, const int64_t* sizes, int64_t count) {
  return gt::make([&] { return gt::tensor(self).expand(gt::ints(sizes, count)); });
}

gt_tensor gt_transpose(gt_tensor self, int64_t dim0, int64_t dim1) {
  return gt::make([&] { return at::transpose(gt::tensor(self), dim0, dim1); });
}

gt_tensor gt_flatten(gt_tensor self, int64_t start_dim, int64_t end_dim) {
  return gt::make([&] { return at::flatten(gt::tensor(self), start_dim, end_dim); });
}

gt_tensor gt_unsqueeze(gt_tensor self, int64_t dim) {
  return gt::make([&] { return at::unsqueeze(gt::tensor(self), dim); });
}

gt_tensor gt_squeeze(gt_tensor self) {
  return gt::make([&] { return at::squeeze(gt::tensor(self)); });
}

gt_tensor gt_squeeze_dim(gt_tensor self, int64_t dim) {
  return gt::make([&] { return at::squeeze(gt::tensor(self), dim); });
}

gt_tensor gt_select(gt_tensor self, int64_t dim, int64_t index) {
  return gt::make([&] { return at::select(gt::tensor(self), dim, index); });
}

gt_tensor gt_narrow(gt_tensor self, int64_t dim, int64_t start, int64_t length) {
  return gt::make([&] { return at::narrow(gt::tensor(self), dim, start, length); });
}

gt_tensor gt_slice(gt_tensor self, int64_t dim, int64_t start, int64_t end, int64_t step) {
  return gt::make([&] { return at::slice(gt::tensor(self), dim, start, end, step); });
}

namespace {
int64_t give(std::vector<at::Tensor>&& parts, gt_tensor* out, int64_t capacity) {
  const auto count = static_cast<int64_t>(parts.size());
  if (count > capacity) {
    throw std::invalid_argument("there are " + std::to_string(count) + " parts, the list has room for " +
                                std::to_string(capacity));
  }
  if (out == nullptr && count > 0) gt::throw_null("list of results");
  for (int64_t i = 0; i < count; i++) out[i] = gt::release(std::move(parts[static_cast<size_t>(i)]));
  return count;
}
}  // namespace

int64_t gt_chunk(gt_tensor self, int64_t chunks, int64_t dim, gt_tensor* out, int64_t capacity) {
  return gt::value_or<int64_t>(-1,
                               [&] { return give(at::chunk(gt::tensor(self), chunks, dim), out, capacity); });
}

int64_t gt_split(gt_tensor self, int64_t size, int64_t dim, gt_tensor* out, int64_t capacity) {
  return gt::value_or<int64_t>(-1,
                               [&] { return give(at::split(gt::tensor(self), size, dim), out, capacity); });
}

gt_tensor gt_index_select(gt_tensor self, int64_t dim, gt_tensor index) {
  return gt::make([&] { return at::index_select(gt::tensor(self), dim, gt::tensor(index)); });
}

gt_tensor gt_gather(gt_tensor self, int64_t dim, gt_tensor index) {
  return gt::make([&] { return at::gather(gt::tensor(self), dim, gt::tensor(index)); });
}

gt_tensor gt_masked_select(gt_tensor self, gt_tensor mask) {
  return gt::make([&] { return at::masked_select(gt::tensor(self), gt::tensor(mask)); });
}

gt_tensor gt_cat(const gt_tensor* tensors, int64_t count, int64_t dim) {
  return gt::make([&] { return at::cat(gt::tensors(tensors, count), dim); });
}

gt_tensor gt_stack(const gt_tensor* tensors, int64_t count, int64_t dim) {
  return gt::make([&] { return at::stack(gt::tensors(tensors, count), dim); });
}

gt_tensor gt_contiguous(gt_tensor self, int32_t memory_format) {
  return gt::make([&] { return gt::tensor(self).contiguous(gt::memory_format(memory_format)); });
}

gt_tensor gt_clone(gt_tensor self, int32_t memory_format) {
  return gt::make([&] { return at::clone(gt::tensor(self), gt::memory_format(memory_format)); });
}

gt_tensor gt_to(gt_tensor self, int32_t dtype, int32_t device_type, int32_t device_index,
                int32_t non_blocking, int32_t copy, int32_t memory_format) {
  return gt::make([&] {
    at::TensorOptions options;
    if (dtype >= 0) options = options.dtype(gt::dtype(dtype));
    if (device_type >= 0) options = options.device(gt::device(device_type, device_index));
    return gt::tensor(self).to(options, non_blocking != 0, copy != 0, gt::memory_format(memory_format));
  });
}
