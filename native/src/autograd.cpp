// Gradients, the modes of the thread, autocasting.
#include <ATen/autocast_mode.h>
#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/autograd.h>

#include "internal.h"

int32_t gt_set_requires_grad(gt_tensor self, int32_t on) {
  return gt::run([&] {
    const at::Tensor& tensor = gt::tensor(self);
    // libtorch would take it without an effect; PyTorch refuses it, in these words.
    TORCH_CHECK(
        on != 0 || tensor.is_leaf(),
        "you can only change requires_grad flags of leaf variables. If you want to use a computed variable "
        "in a subgraph that doesn't require differentiation use detach().");
    tensor.set_requires_grad(on != 0);
  });
}

int32_t gt_backward(gt_tensor self, gt_tensor gradient, int32_t retain_graph, int32_t create_graph) {
  return gt::run([&] {
    gt::tensor(self).backward(gradient == 0 ? at::Tensor() : gt::tensor(gradient),
                              std::optional<bool>(retain_graph != 0), create_graph != 0);
  });
}

gt_tensor gt_grad(gt_tensor self) {
  gt::clear_error();
  return gt::make([&] { return at::Tensor(gt::tensor(self).grad()); });
}

int32_t gt_set_grad(gt_tensor self, gt_tensor gradient) {
  return gt::run([&] {
    const at::Tensor& tensor = gt::tensor(self);
    tensor.mutable_grad() = gradient == 0 ? at::Tensor() : gt::tensor(gradient);
  });
}

int32_t gt_autograd_grad(gt_tensor output, gt_tensor gradient, const gt_tensor* inputs, int64_t count,
                         int32_t retain_graph, int32_t create_graph, int32_t allow_unused, gt_tensor* out) {
  return gt::run([&] {
    if (out == nullptr && count > 0) gt::throw_null("list of results");
    torch::autograd::variable_list gradients;
    if (gradient != 0) gradients.push_back(gt::tensor(gradient));
    auto results = torch::autograd::grad({gt::tensor(output)}, gt::tensors(inputs, count).vec(), gradients,
                                         retain_graph != 0, create_graph != 0, allow_unused != 0);
    for (size_t i = 0; i < results.size(); i++) out[i] = gt::release(std::move(results[i]));
  });
}

int32_t gt_grad_enabled(void) { return c10::GradMode::is_enabled() ? 1 : 0; }

int32_t gt_set_grad_enabled(int32_t on) {
  const bool before = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(on != 0);
  return before ? 1 : 0;
}

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
