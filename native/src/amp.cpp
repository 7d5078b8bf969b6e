// Mixed precision: autocasting, and the scale of a loss in float16.
#include <ATen/autocast_mode.h>
#include <ATen/ops/_amp_foreach_non_finite_check_and_unscale.h>
#include <ATen/ops/_amp_update_scale.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>

#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "internal.h"

// What was before, in one number: the dtype, above it whether it was enabled.
int64_t gt_autocast_enter(int32_t device_type, int32_t enabled, int32_t dtype) {
  return gt::value_or<int64_t>(-1, [&] {
    const at::DeviceType type = gt::device(device_type, -1).type();
    const at::ScalarType scalar_type = gt::dtype(dtype);
    const int64_t before = static_cast<int64_t>(at::autocast::get_autocast_dtype(type)) |
                           (at::autocast::is_autocast_enabled(type) ? int64_t{1} << 32 : 0);
    at::autocast::set_autocast_dtype(type, scalar_type);
    at::autocast::set_autocast_enabled(type, enabled != 0);
    at::autocast::increment_nesting();
    return before;
  });
}

int32_t gt_autocast_exit(int32_t device_type, int64_t before) {
  return gt::run([&] {
    const at::DeviceType type = gt::device(device_type, -1).type();
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(type, (before >> 32) != 0);
    at::autocast::set_autocast_dtype(type, gt::dtype(static_cast<int32_t>(before & 0xffffffff)));
  });
}

int32_t gt_autocast_enabled(int32_t device_type) {
  return gt::value_or<int32_t>(
      0, [&] { return at::autocast::is_autocast_enabled(gt::device(device_type, -1).type()) ? 1 : 0; });
}

int32_t gt_autocast_dtype(int32_t device_type) {
  return gt::value_or<int32_t>(-1, [&] {
    return static_cast<int32_t>(at::autocast::get_autocast_dtype(gt::device(device_type, -1).type()));
  });
}

int32_t gt_autocast_cache_enabled(void) { return at::autocast::is_autocast_cache_enabled() ? 1 : 0; }

int32_t gt_set_autocast_cache_enabled(int32_t on) {
  const bool before = at::autocast::is_autocast_cache_enabled();
  at::autocast::set_autocast_cache_enabled(on != 0);
  return before ? 1 : 0;
}

int32_t gt_amp_unscale_(const gt_tensor* parameters, int64_t count, gt_tensor scale, gt_tensor found_inf) {
  return gt::run([&] {
    const c10::AutoGradMode no_grad(false);
    // In double, as PyTorch does, so that scales that are no powers of 2 round once.
    const at::Tensor inverse = gt::tensor(scale).to(at::kDouble).reciprocal().to(at::kFloat);
    at::Tensor found = gt::tensor(found_inf);
    found.zero_();
    // The kernel wants one device and dtype a call.
    std::map<std::tuple<c10::DeviceType, c10::DeviceIndex, at::ScalarType>, std::vector<at::Tensor>> groups;
    for (const at::Tensor& parameter : gt::tensors(parameters, count)) {
      const at::Tensor& gradient = parameter.grad();
      if (!gradient.defined()) continue;
      TORCH_CHECK_VALUE(
          gradient.scalar_type() != at::kHalf,
          "Attempting to unscale FP16 gradients. Keep the parameters in float32 and let autocast "
          "cast them.");
      groups[{gradient.device().type(), gradient.device().index(), gradient.scalar_type()}].push_back(
          gradient);
    }
    for (const auto& [key, gradients] : groups) {
      const at::Device device = gradients[0].device();
      at::Tensor here = at::zeros_like(inverse, inverse.options().device(device));
      at::_amp_foreach_non_finite_check_and_unscale_(gradients, here,
                                                     inverse.to(device, /*non_blocking=*/true));
      found.logical_or_(here.to(found.device(), /*non_blocking=*/true));
    }
  });
}

int32_t gt_amp_update_scale_(gt_tensor scale, gt_tensor growth_tracker, gt_tensor found_inf,
                             double growth_factor, double backoff_factor, int64_t growth_interval) {
  return gt::run([&] {
    const c10::AutoGradMode no_grad(false);
    at::Tensor current = gt::tensor(scale), tracker = gt::tensor(growth_tracker);
    at::_amp_update_scale_(current, tracker, gt::tensor(found_inf), growth_factor, backoff_factor,
                           growth_interval);
  });
}
