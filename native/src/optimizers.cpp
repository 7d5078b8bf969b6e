// Optimizers: one step over all parameters that have a gradient.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "internal.h"

namespace {

using Tensors = std::vector<at::Tensor>;

// Parameters of one device and dtype, which is what the kernels want in a call, with what belongs to them.
struct Group {
  bool started;
  Tensors parameters, gradients;
  std::vector<Tensors> states;
  Tensors steps;
};

bool same_layout(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes() == b.sizes() && a.strides() == b.strides() && a.scalar_type() == b.scalar_type() &&
         a.device() == b.device() && a.layout() == b.layout();
}

[[noreturn]] void refuse(int64_t index, const char* what) {
  throw std::invalid_argument("parameter " + std::to_string(index) + " of the optimizer " + what);
}

// The kernels read all tensors of a parameter as plain memory of one order, and check nothing themselves.
at::Tensor gradient_like(const at::Tensor& parameter, int64_t index) {
  at::Tensor gradient = parameter.grad();
  if (!gradient.defined()) return gradient;
  if (gradient.layout() != at::kStrided) refuse(index, "has a sparse gradient, which no kernel here takes");
  if (!parameter.is_non_overlapping_and_dense()) refuse(index, "has gaps or overlaps in memory; clone it");
  if (same_layout(parameter, gradient)) return gradient;
  if (gradient.sizes() != parameter.sizes()) refuse(index, "has a gradient of another shape");
  return at::empty_like(parameter).copy_(gradient);
}

class Groups {
 public:
  // Where the steps of a parameter are: on the CPU, or on the device of the parameter.
  enum class Steps { on_cpu, on_device };

  // `states` are lists of handles, NULL for one that is not used; so is `steps`.
  Groups(const gt_tensor* parameters, std::vector<const gt_tensor*> states, const gt_tensor* steps,
         int64_t count, Steps place, bool split_first = false) {
    const at::TensorList all = gt::tensors(parameters, count);
    std::vector<at::TensorList> all_states;
    for (const gt_tensor* list : states) {
      all_states.push_back(list == nullptr ? at::TensorList() : gt::tensors(list, count));
    }
    const at::TensorList all_steps = steps == nullptr ? at::TensorList() : gt::tensors(steps, count);
    for (int64_t i = 0; i < count; i++) {
      at::Tensor gradient = gradient_like(all[i], i);
      if (!gradient.defined()) continue;
      if (!all_steps.empty()) check_step(all_steps[i], place, all[i].device(), i);
      const bool started = !split_first || *all_steps[i].const_data_ptr<float>() > 0;
      Group& group = find(all[i], started, all_states.size(), count);
      group.parameters.push_back(all[i]);
      group.gradients.push_back(std::move(gradient));
      for (size_t k = 0; k < all_states.size(); k++) {
        if (all_states[k].empty()) continue;
        if (!same_layout(all[i], all_states[k][i])) {
          refuse(i, "and its state differ in shape, strides, dtype or device");
        }
        group.states[k].push_back(all_states[k][i]);
      }
      if (!all_steps.empty()) group.steps.push_back(all_steps[i]);
    }
  }

  std::vector<Group>::iterator begin() { return groups_.begin(); }
  std::vector<Group>::iterator end() { return groups_.end(); }

 private:
  std::vector<Group> groups_;

  static void check_step(const at::Tensor& step, Steps place, at::Device device, int64_t index) {
    if (step.numel() != 1 || step.scalar_type() != at::kFloat) refuse(index, "has a step that is no float32");
    if (step.device() != (place == Steps::on_cpu ? at::Device(at::kCPU) : device)) {
      refuse(index, "has a step on the wrong device");
    }
  }

  Group& find(const at::Tensor& parameter, bool started, size_t states, int64_t count) {
    for (Group& group : groups_) {
      const at::Tensor& first = group.parameters[0];
      if (first.scalar_type() == parameter.scalar_type() && first.device() == parameter.device() &&
          group.started == started) {
        return group;
      }
    }
    Group& group = groups_.emplace_back();
    group.started = started;
    group.states.resize(states);
    for (Tensors* list : {&group.parameters, &group.gradients, &group.steps}) list->reserve(count);
    for (Tensors& state : group.states) state.reserve(count);
    return group;
  }
};

using OptionalTensor = std::optional<at::Tensor>;

// A number of mixed precision that the kernels read without a look at it; may be 0.
OptionalTensor number(const gt_tensor& handle, const char* name) {
  auto tensor = gt::optional_tensor(handle);
  if (tensor.has_value() &&
      (tensor->scalar_type() != at::kFloat || tensor->numel() != 1 || tensor->layout() != at::kStrided)) {
    throw std::invalid_argument(std::string(name) + " is no float32 of one element");
  }
  return tensor;
}

OptionalTensor beside(const OptionalTensor& number, const Group& group) {
  if (!number.has_value()) return std::nullopt;
  return number->to(group.parameters[0].device(), /*non_blocking=*/true);
}

// Where the counts are on the CPU, an operator for each would cost more than the kernel of a small network.
void count_steps(Tensors& steps) {
  if (steps.empty()) return;
  if (!steps[0].is_cpu()) {
    at::_foreach_add_(steps, at::Scalar(1));
    return;
  }
  for (const at::Tensor& step : steps) *step.mutable_data_ptr<float>() += 1;
}

}  // namespace

int32_t gt_sgd_(const gt_tensor* parameters, const gt_tensor* momentum_buffers, const gt_tensor* steps,
                int64_t count, double lr, double momentum, double dampening, double weight_decay,
                int32_t nesterov, int32_t maximize, gt_tensor grad_scale, gt_tensor found_inf) {
  return gt::run([&] {
    const c10::AutoGradMode no_grad(false);
    const auto scale = number(grad_scale, "grad_scale"), found = number(found_inf, "found_inf");
    const bool with_momentum = momentum != 0;
    if (with_momentum && (momentum_buffers == nullptr || steps == nullptr)) gt::throw_null("state");
    for (Group& group :
         Groups(parameters, {with_momentum ? momentum_buffers : nullptr}, with_momentum ? steps : nullptr,
                count, Groups::Steps::on_cpu, with_momentum)) {
      at::_fused_sgd_(group.parameters, group.gradients, group.states[0], weight_decay, momentum, lr,
                      dampening, nesterov != 0, maximize != 0, /*is_first_step=*/!group.started,
                      beside(scale, group), beside(found, group));
      const bool is_known = found.has_value() && !group.steps.empty() && (found->is_cpu() || !group.started);
      if (!is_known || found->item<float>() == 0) count_steps(group.steps);
    }
  });
}

int32_t gt_adam_(const gt_tensor* parameters, const gt_tensor* exp_avgs, const gt_tensor* exp_avg_sqs,
                 const gt_tensor* max_exp_avg_sqs, const gt_tensor* steps, int64_t count, double lr,
                 gt_tensor lr_tensor, double beta1, double beta2, double eps, double weight_decay,
                 int32_t decoupled, int32_t maximize, gt_tensor grad_scale, gt_tensor found_inf) {
  return gt::run([&] {
    const c10::AutoGradMode no_grad(false);
    const auto scale = number(grad_scale, "grad_scale"), found = number(found_inf, "found_inf");
    const auto rate = gt::optional_tensor(lr_tensor);
    if (rate.has_value() && rate->numel() != 1)
      throw std::invalid_argument("the learning rate is no single number");
    if (exp_avgs == nullptr || exp_avg_sqs == nullptr || steps == nullptr) gt::throw_null("state");
    const bool amsgrad = max_exp_avg_sqs != nullptr;
    for (Group& group : Groups(parameters, {exp_avgs, exp_avg_sqs, max_exp_avg_sqs}, steps, count,
                               Groups::Steps::on_device)) {
      count_steps(group.steps);
      const auto scale_here = beside(scale, group), found_here = beside(found, group);
      const auto step_with = [&](auto kernel, const auto& how_far) {
        kernel(group.parameters, group.gradients, group.states[0], group.states[1], group.states[2],
               group.steps, how_far, beta1, beta2, weight_decay, eps, amsgrad, maximize != 0, scale_here,
               found_here);
      };
      const auto step = [&](auto kernel) {
        if (!rate.has_value()) {
          step_with(kernel, lr);
        } else if (group.parameters[0].is_cuda()) {
          step_with(kernel, rate->to(group.parameters[0].device(), at::kFloat, /*non_blocking=*/true));
        } else {
          step_with(kernel, rate->item<double>());
        }
      };
      if (decoupled != 0) {
        step([](auto&&... a) { at::_fused_adamw_(a...); });
      } else {
        step([](auto&&... a) { at::_fused_adam_(a...); });
      }
      // A step left out does not count.
      if (found_here.has_value()) at::_foreach_sub_(group.steps, Tensors(group.steps.size(), *found_here));
    }
  });
}

int32_t gt_rmsprop_(const gt_tensor* parameters, const gt_tensor* square_avgs, const gt_tensor* grad_avgs,
                    const gt_tensor* momentum_buffers, const gt_tensor* steps, int64_t count, double lr,
                    double alpha, double eps, double weight_decay, double momentum, int32_t maximize) {
  return gt::run([&] {
    const c10::AutoGradMode no_grad(false);
    if (square_avgs == nullptr || steps == nullptr) gt::throw_null("state");
    if (momentum != 0 && momentum_buffers == nullptr) gt::throw_null("momentum buffers");
    const bool centered = grad_avgs != nullptr;
    for (Group& group : Groups(parameters, {square_avgs, grad_avgs, momentum_buffers}, steps, count,
                               Groups::Steps::on_cpu)) {
      Tensors& squares = group.states[0];
      count_steps(group.steps);
      Tensors gradients = maximize != 0 ? at::_foreach_neg(group.gradients) : group.gradients;
      if (weight_decay != 0) gradients = at::_foreach_add(gradients, group.parameters, weight_decay);
      at::_foreach_mul_(squares, alpha);
      at::_foreach_addcmul_(squares, gradients, gradients, 1 - alpha);
      Tensors roots;
      if (centered) {
        at::_foreach_lerp_(group.states[1], gradients, at::Scalar(1 - alpha));
        roots = at::_foreach_addcmul(squares, group.states[1], group.states[1], -1);
        at::_foreach_sqrt_(roots);
      } else {
        roots = at::_foreach_sqrt(squares);
      }
      at::_foreach_add_(roots, eps);
      if (momentum != 0) {
        at::_foreach_mul_(group.states[2], momentum);
        at::_foreach_addcdiv_(group.states[2], gradients, roots);
        at::_foreach_add_(group.parameters, group.states[2], -lr);
      } else {
        at::_foreach_addcdiv_(group.parameters, gradients, roots, -lr);
      }
    }
  });
}
