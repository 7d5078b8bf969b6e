// The operators that networks are made of.
#include <ATen/ATen.h>

#include <cmath>
#include <stdexcept>
#include <string>

#include "internal.h"

gt_tensor gt_linear(gt_tensor input, gt_tensor weight, gt_tensor bias) {
  return gt::make(
      [&] { return at::linear(gt::tensor(input), gt::tensor(weight), gt::optional_tensor(bias)); });
}

gt_tensor gt_conv2d(gt_tensor input, gt_tensor weight, gt_tensor bias, int64_t stride_h, int64_t stride_w,
                    int64_t padding_h, int64_t padding_w, int64_t dilation_h, int64_t dilation_w,
                    int64_t groups) {
  return gt::make([&] {
    return at::conv2d(gt::tensor(input), gt::tensor(weight), gt::optional_tensor(bias), {stride_h, stride_w},
                      {padding_h, padding_w}, {dilation_h, dilation_w}, groups);
  });
}

gt_tensor gt_group_norm(gt_tensor input, int64_t groups, gt_tensor weight, gt_tensor bias, double eps) {
  return gt::make([&] {
    return at::group_norm(gt::tensor(input), groups, gt::optional_tensor(weight), gt::optional_tensor(bias),
                          eps);
  });
}

gt_tensor gt_layer_norm(gt_tensor input, const int64_t* normalized_shape, int64_t count, gt_tensor weight,
                        gt_tensor bias, double eps) {
  return gt::make([&] {
    return at::layer_norm(gt::tensor(input), gt::ints(normalized_shape, count), gt::optional_tensor(weight),
                          gt::optional_tensor(bias), eps);
  });
}

gt_tensor gt_embedding(gt_tensor weight, gt_tensor indices) {
  return gt::make([&] { return at::embedding(gt::tensor(weight), gt::tensor(indices)); });
}

gt_tensor gt_dropout(gt_tensor input, double p, int32_t train) {
  return gt::make([&] { return at::dropout(gt::tensor(input), p, train != 0); });
}

gt_tensor gt_gelu(gt_tensor self, int32_t tanh_approximation) {
  return gt::make([&] { return at::gelu(gt::tensor(self), tanh_approximation ? "tanh" : "none"); });
}

gt_tensor gt_leaky_relu(gt_tensor self, double negative_slope) {
  return gt::make([&] { return at::leaky_relu(gt::tensor(self), negative_slope); });
}

gt_tensor gt_pad(gt_tensor self, const int64_t* padding, int64_t count, double value) {
  return gt::make([&] { return at::pad(gt::tensor(self), gt::ints(padding, count), "constant", value); });
}

gt_tensor gt_upsample_nearest2d(gt_tensor input, int64_t height, int64_t width) {
  return gt::make([&] {
    const int64_t size[] = {height, width};
    return at::upsample_nearest2d(gt::tensor(input), at::OptionalIntArrayRef(size), std::nullopt);
  });
}

gt_tensor gt_upsample_nearest2d_scale(gt_tensor input, double scale_h, double scale_w) {
  return gt::make([&] {
    const double scale[] = {scale_h, scale_w};
    return at::upsample_nearest2d(gt::tensor(input), at::OptionalIntArrayRef(), at::ArrayRef<double>(scale));
  });
}

gt_tensor gt_avg_pool2d(gt_tensor input, int64_t kernel, int64_t stride, int64_t padding) {
  return gt::make([&] { return at::avg_pool2d(gt::tensor(input), kernel, stride, padding); });
}

gt_tensor gt_max_pool2d(gt_tensor input, int64_t kernel, int64_t stride, int64_t padding) {
  return gt::make([&] { return at::max_pool2d(gt::tensor(input), kernel, stride, padding); });
}

gt_tensor gt_scaled_dot_product_attention(gt_tensor query, gt_tensor key, gt_tensor value, gt_tensor mask,
                                          double dropout_p, int32_t is_causal, double scale) {
  return gt::make([&] {
    return at::scaled_dot_product_attention(gt::tensor(query), gt::tensor(key), gt::tensor(value),
                                            gt::optional_tensor(mask), dropout_p, is_causal != 0,
                                            std::isnan(scale) ? std::nullopt : std::optional<double>(scale));
  });
}

namespace {
int64_t reduction(int64_t code) {
  if (code < GT_REDUCE_NONE || code > GT_REDUCE_SUM) {
    throw std::invalid_argument("reduction " + std::to_string(code) + " is not one of gt_reduction");
  }
  return code;
}
}  // namespace

gt_tensor gt_mse_loss(gt_tensor input, gt_tensor target, int64_t reduce) {
  return gt::make([&] { return at::mse_loss(gt::tensor(input), gt::tensor(target), reduction(reduce)); });
}

gt_tensor gt_cross_entropy(gt_tensor input, gt_tensor target, int64_t reduce) {
  return gt::make([&] {
    return at::cross_entropy_loss(gt::tensor(input), gt::tensor(target), std::nullopt, reduction(reduce));
  });
}
