// Operators that are several of ATen's in one pass over the memory.
#include <ATen/ATen.h>
#include <ATen/TracerMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "group_norm.h"
#include "internal.h"

namespace gt {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct GroupNorm : torch::autograd::Function<GroupNorm> {
  // Undefined tensors can be given as optional ones only.
  using Optional = std::optional<at::Tensor>;

  // y, and x for those who use it too: their gradient is added in the same pass.
  static variable_list forward(AutogradContext* context, const at::Tensor& x, const Optional& weight,
                               const Optional& bias, const Optional& added, const Optional& scale_shift,
                               int64_t groups, double eps, bool silu) {
    const auto given = [](const Optional& tensor) { return tensor.value_or(at::Tensor()); };
    const norm::Inputs inputs{given(weight), given(bias), given(added), given(scale_shift)};
    norm::Output output = norm::forward(x, inputs, {groups, eps, silu});
    context->save_for_backward(
        {x, inputs.weight, inputs.bias, inputs.added, inputs.scale_shift, output.mean, output.inverse});
    context->set_materialize_grads(false);
    context->saved_data["groups"] = groups;
    context->saved_data["eps"] = eps;
    context->saved_data["silu"] = silu;
    return {output.y, x};
  }

  static variable_list backward(AutogradContext* context, const variable_list& given) {
    const variable_list saved = context->get_saved_variables();
    const norm::Inputs inputs{saved[1], saved[2], saved[3], saved[4]};
    const norm::Options options{context->saved_data["groups"].toInt(), context->saved_data["eps"].toDouble(),
                                context->saved_data["silu"].toBool()};
    variable_list gradients(8);
    if (!given[0].defined()) {
      gradients[0] = given[1];
      return gradients;
    }
    if (at::GradMode::is_enabled()) {
      gradients = differentiable(given[0], saved[0], inputs, options);
      if (given[1].defined()) gradients[0] = gradients[0].defined() ? gradients[0] + given[1] : given[1];
      return gradients;
    }
    norm::Gradients found = norm::backward(given[0], given[1], saved[0], inputs, options, saved[5], saved[6]);
    gradients[0] = std::move(found.x);
    gradients[1] = std::move(found.weight);
    gradients[2] = std::move(found.bias);
    gradients[3] = std::move(found.added);
    gradients[4] = std::move(found.scale_shift);
    return gradients;
  }

  // Where the gradients shall have gradients: those of ATen's operators.
  static variable_list differentiable(const at::Tensor& given, const at::Tensor& x,
                                      const norm::Inputs& inputs, const norm::Options& options) {
    const at::Tensor all[] = {x, inputs.weight, inputs.bias, inputs.added, inputs.scale_shift};
    variable_list wanted;
    for (const at::Tensor& tensor : all) {
      if (tensor.defined() && tensor.requires_grad()) wanted.push_back(tensor);
    }
    const at::Tensor y = norm::composite(x, inputs, options);
    const variable_list found =
        torch::autograd::grad({y}, wanted, {given.to(y.scalar_type())}, std::nullopt, /*create_graph=*/true);
    variable_list gradients(8);
    size_t next = 0;
    for (size_t i = 0; i < 5; i++) {
      if (all[i].defined() && all[i].requires_grad()) gradients[i] = found[next++];
    }
    return gradients;
  }
};

void check(const at::Tensor& x, const norm::Inputs& inputs, int64_t groups) {
  TORCH_CHECK_VALUE(x.dim() >= 2, "group norm: the input must have at least 2 dimensions, (B, C, ...), is ",
                    x.sizes());
  const int64_t batch = x.size(0), channels = x.size(1);
  TORCH_CHECK_VALUE(groups > 0 && channels % groups == 0, "group norm: the number of groups must divide the ",
                    channels, " channels, is ", groups);
  const auto expect = [&](const at::Tensor& tensor, const char* name, at::IntArrayRef shape) {
    TORCH_CHECK_VALUE(!tensor.defined() || tensor.sizes() == shape, "group norm: the ", name, " must be ",
                      shape, ", is ", tensor.sizes());
    TORCH_CHECK_VALUE(!tensor.defined() || tensor.device() == x.device(), "group norm: the ", name, " is on ",
                      tensor.device(), ", the input on ", x.device());
  };
  expect(inputs.weight, "weight", {channels});
  expect(inputs.bias, "bias", {channels});
  expect(inputs.added, "added embedding", {batch, channels});
  expect(inputs.scale_shift, "scale and shift", {batch, 2 * channels});
}

}  // namespace
}  // namespace gt

gt_tensor gt_fused_group_norm(gt_tensor input, int64_t groups, gt_tensor weight, gt_tensor bias, double eps,
                              gt_tensor added, gt_tensor scale_shift, int32_t silu, gt_tensor* passed) {
  return gt::make([&] {
    at::Tensor x = gt::tensor(input);
    const auto w = gt::optional_tensor(weight), b = gt::optional_tensor(bias), a = gt::optional_tensor(added),
               s = gt::optional_tensor(scale_shift);
    const gt::norm::Inputs inputs{w.value_or(at::Tensor()), b.value_or(at::Tensor()),
                                  a.value_or(at::Tensor()), s.value_or(at::Tensor())};
    gt::check(x, inputs, groups);
    if (gt::norm::has_kernels(x.device().type()) && !gt::norm::takes(x, groups)) x = x.contiguous();
    torch::autograd::variable_list results;
    // What is recorded (gt_script_trace) are ATen's operators.
    if (gt::norm::takes(x, groups) && !at::tracer::impl::is_dispatch_enabled()) {
      results = gt::GroupNorm::apply(x, w, b, a, s, groups, eps, silu != 0);
    } else {
      results = {gt::norm::composite(x, inputs, {groups, eps, silu != 0}), x};
    }
    if (passed != nullptr) *passed = gt::release(std::move(results[1]));
    return results[0];
  });
}

int32_t gt_has_fused_group_norm(int32_t device_type) {
  return gt::norm::has_kernels(static_cast<at::DeviceType>(device_type)) ? 1 : 0;
}
