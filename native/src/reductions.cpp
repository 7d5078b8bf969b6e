// Reductions, scans, sorting.
#include <ATen/ATen.h>

#include "internal.h"

namespace {
at::OptionalIntArrayRef dims_or_all(const int64_t* dims, int64_t count) {
  if (count == 0) return std::nullopt;
  return gt::ints(dims, count);
}
}  // namespace

gt_tensor gt_sum(gt_tensor self, const int64_t* dims, int64_t count, int32_t keepdim) {
  return gt::make([&] {
    return count == 0 && !keepdim ? at::sum(gt::tensor(self))
                                  : at::sum(gt::tensor(self), dims_or_all(dims, count), keepdim != 0);
  });
}

gt_tensor gt_mean(gt_tensor self, const int64_t* dims, int64_t count, int32_t keepdim) {
  return gt::make([&] {
    return count == 0 && !keepdim ? at::mean(gt::tensor(self))
                                  : at::mean(gt::tensor(self), dims_or_all(dims, count), keepdim != 0);
  });
}

gt_tensor gt_amax(gt_tensor self, const int64_t* dims, int64_t count, int32_t keepdim) {
  return gt::make([&] { return at::amax(gt::tensor(self), gt::ints(dims, count), keepdim != 0); });
}

gt_tensor gt_amin(gt_tensor self, const int64_t* dims, int64_t count, int32_t keepdim) {
  return gt::make([&] { return at::amin(gt::tensor(self), gt::ints(dims, count), keepdim != 0); });
}

gt_tensor gt_logsumexp(gt_tensor self, const int64_t* dims, int64_t count, int32_t keepdim) {
  return gt::make([&] {
    const at::Tensor& tensor = gt::tensor(self);
    if (count > 0) return at::logsumexp(tensor, gt::ints(dims, count), keepdim != 0);
    std::vector<int64_t> all(static_cast<size_t>(tensor.dim()));
    for (size_t i = 0; i < all.size(); i++) all[i] = static_cast<int64_t>(i);
    return at::logsumexp(tensor, all, keepdim != 0);
  });
}

#define GT_DEFINE(name)                                                                                  \
  gt_tensor gt_##name(gt_tensor self, const int64_t* dims, int64_t count, int64_t correction,            \
                      int32_t keepdim) {                                                                 \
    return gt::make([&] {                                                                                \
      return at::name(gt::tensor(self), dims_or_all(dims, count), at::Scalar(correction), keepdim != 0); \
    });                                                                                                  \
  }
GT_MOMENTS(GT_DEFINE)
#undef GT_DEFINE

#define GT_DEFINE(name)                                               \
  gt_tensor gt_##name(gt_tensor self, int64_t dim) {                  \
    return gt::make([&] { return at::name(gt::tensor(self), dim); }); \
  }
GT_SCANS(GT_DEFINE)
#undef GT_DEFINE

#define GT_DEFINE(name)                                                             \
  gt_tensor gt_##name(gt_tensor self, int64_t dim, int32_t keepdim) {               \
    return gt::make([&] { return at::name(gt::tensor(self), dim, keepdim != 0); }); \
  }
GT_ARG_REDUCTIONS(GT_DEFINE)
#undef GT_DEFINE

gt_tensor gt_norm(gt_tensor self, double p) {
  return gt::make([&] { return at::norm(gt::tensor(self), at::Scalar(p)); });
}

namespace {
template <class Body>
int32_t pair(gt_tensor* first, gt_tensor* second, Body&& body) {
  return gt::run([&] {
    if (first == nullptr || second == nullptr) gt::throw_null("result");
    *first = *second = 0;
    auto both = body();
    *first = gt::release(std::move(std::get<0>(both)));
    *second = gt::release(std::move(std::get<1>(both)));
  });
}
}  // namespace

int32_t gt_sort(gt_tensor self, int64_t dim, int32_t descending, gt_tensor* values, gt_tensor* indices) {
  return pair(values, indices, [&] { return at::sort(gt::tensor(self), dim, descending != 0); });
}

int32_t gt_topk(gt_tensor self, int64_t k, int64_t dim, int32_t largest, gt_tensor* values,
                gt_tensor* indices) {
  return pair(values, indices, [&] { return at::topk(gt::tensor(self), k, dim, largest != 0); });
}
