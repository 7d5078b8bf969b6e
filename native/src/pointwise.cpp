// Element by element: one operand, two operands, with a scalar, and in place.
#include <ATen/ATen.h>

#include "internal.h"

#define GT_DEFINE(name)                                          \
  gt_tensor gt_##name(gt_tensor self) {                          \
    return gt::make([&] { return at::name(gt::tensor(self)); }); \
  }
GT_UNARY_OPS(GT_DEFINE)
#undef GT_DEFINE

namespace {
// In place at::name_(Tensor&) wants a non-const reference to a handle that is only borrowed.
inline at::Tensor& target(const gt_tensor& handle) { return const_cast<at::Tensor&>(gt::tensor(handle)); }
}  // namespace

#define GT_DEFINE(name)                                 \
  int32_t gt_##name##_(gt_tensor self) {                \
    return gt::run([&] { at::name##_(target(self)); }); \
  }
GT_UNARY_INPLACE_OPS(GT_DEFINE)
#undef GT_DEFINE

#define GT_DEFINE(name)                                                             \
  gt_tensor gt_##name(gt_tensor self, gt_tensor other) {                            \
    return gt::make([&] { return at::name(gt::tensor(self), gt::tensor(other)); }); \
  }
GT_BINARY_OPS(GT_DEFINE)
#undef GT_DEFINE

#define GT_DEFINE(name)                                                                              \
  gt_tensor gt_##name##_scalar(gt_tensor self, GT_SCALAR(other)) {                                   \
    return gt::make([&] { return at::name(gt::tensor(self), gt::scalar(other_kind, other_bits)); }); \
  }
GT_BINARY_SCALAR_OPS(GT_DEFINE)
#undef GT_DEFINE

#define GT_DEFINE(name)                                                   \
  int32_t gt_##name##_(gt_tensor self, gt_tensor other) {                 \
    return gt::run([&] { gt::tensor(self).name##_(gt::tensor(other)); }); \
  }
GT_BINARY_INPLACE_OPS(GT_DEFINE)
#undef GT_DEFINE

#define GT_DEFINE(name)                                                                    \
  int32_t gt_##name##_scalar_(gt_tensor self, GT_SCALAR(other)) {                          \
    return gt::run([&] { gt::tensor(self).name##_(gt::scalar(other_kind, other_bits)); }); \
  }
GT_BINARY_SCALAR_INPLACE_OPS(GT_DEFINE)
#undef GT_DEFINE

gt_tensor gt_add_scaled(gt_tensor self, gt_tensor other, GT_SCALAR(alpha)) {
  return gt::make(
      [&] { return at::add(gt::tensor(self), gt::tensor(other), gt::scalar(alpha_kind, alpha_bits)); });
}

int32_t gt_add_scaled_(gt_tensor self, gt_tensor other, GT_SCALAR(alpha)) {
  return gt::run([&] { gt::tensor(self).add_(gt::tensor(other), gt::scalar(alpha_kind, alpha_bits)); });
}

gt_tensor gt_lerp(gt_tensor self, gt_tensor end, double weight) {
  return gt::make([&] { return at::lerp(gt::tensor(self), gt::tensor(end), weight); });
}

int32_t gt_lerp_(gt_tensor self, gt_tensor end, double weight) {
  return gt::run([&] { gt::tensor(self).lerp_(gt::tensor(end), weight); });
}

gt_tensor gt_clamp(gt_tensor self, double low, double high) {
  return gt::make([&] { return at::clamp(gt::tensor(self), at::Scalar(low), at::Scalar(high)); });
}

int32_t gt_clamp_(gt_tensor self, double low, double high) {
  return gt::run([&] { at::clamp_(target(self), at::Scalar(low), at::Scalar(high)); });
}

gt_tensor gt_where(gt_tensor condition, gt_tensor self, gt_tensor other) {
  return gt::make([&] { return at::where(gt::tensor(condition), gt::tensor(self), gt::tensor(other)); });
}

gt_tensor gt_masked_fill(gt_tensor self, gt_tensor mask, GT_SCALAR(value)) {
  return gt::make([&] {
    return at::masked_fill(gt::tensor(self), gt::tensor(mask), gt::scalar(value_kind, value_bits));
  });
}

int32_t gt_normal_(gt_tensor self, double mean, double std, gt_generator generator) {
  return gt::run([&] { gt::tensor(self).normal_(mean, std, gt::generator(generator)); });
}

int32_t gt_uniform_(gt_tensor self, double low, double high, gt_generator generator) {
  return gt::run([&] { gt::tensor(self).uniform_(low, high, gt::generator(generator)); });
}

int32_t gt_bernoulli_(gt_tensor self, double p, gt_generator generator) {
  return gt::run([&] { gt::tensor(self).bernoulli_(p, gt::generator(generator)); });
}
