// What is done to all parameters at once: gradient norm and clipping, averaging, copying.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <stdexcept>
#include <vector>

#include "internal.h"
#ifdef GT_WITH_CUDA_KERNELS
#include "average.h"
#endif

namespace {

std::vector<at::Tensor> gradients_of(at::TensorList parameters) {
  std::vector<at::Tensor> gradients;
  gradients.reserve(parameters.size());
  for (const at::Tensor& parameter : parameters) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  return gradients;
}

// The operators that PyTorch's get_total_norm uses, in its order, so that the result has the same bits.
at::Tensor total_norm(const std::vector<at::Tensor>& gradients) {
  if (gradients.empty()) return at::zeros({}, at::kFloat);
  const auto norms = at::_foreach_norm(gradients, 2.0);
  const at::Device first = norms[0].device();
  std::vector<at::Tensor> on_one_device;
  on_one_device.reserve(norms.size());
  for (const at::Tensor& norm : norms) on_one_device.push_back(norm.to(first));
  return at::linalg_vector_norm(at::stack(on_one_device), 2.0);
}

}  // namespace

gt_tensor gt_clip_grad_norm_(const gt_tensor* parameters, int64_t count, double max_norm) {
  return gt::make([&] {
    const c10::AutoGradMode no_grad(false);
    auto gradients = gradients_of(gt::tensors(parameters, count));
    at::Tensor norm = total_norm(gradients);
    if (!gradients.empty()) {
      // Multiplying by a factor of 1 instead of asking whether to keeps the device from waiting for the host.
      const at::Tensor factor = at::clamp_max(at::mul(at::reciprocal(at::add(norm, 1e-6)), max_norm), 1.0);
      at::_foreach_mul_(gradients, factor);
    }
    return norm;
  });
}

gt_tensor gt_grad_norm(const gt_tensor* parameters, int64_t count) {
  return gt::make([&] {
    const c10::AutoGradMode no_grad(false);
    return total_norm(gradients_of(gt::tensors(parameters, count)));
  });
}

int32_t gt_clip_grad_value_(const gt_tensor* parameters, int64_t count, double bound) {
  return gt::run([&] {
    const c10::AutoGradMode no_grad(false);
    auto gradients = gradients_of(gt::tensors(parameters, count));
    if (gradients.empty()) return;
    at::_foreach_clamp_min_(gradients, -bound);
    at::_foreach_clamp_max_(gradients, bound);
  });
}

int32_t gt_zero_grads(const gt_tensor* parameters, int64_t count, int32_t set_to_none) {
  return gt::run([&] {
    const c10::AutoGradMode no_grad(false);
    for (const at::Tensor& parameter : gt::tensors(parameters, count)) {
      at::Tensor& gradient = parameter.mutable_grad();
      if (!gradient.defined()) continue;
      if (set_to_none) {
        gradient.reset();
      } else {
        gradient.detach_().zero_();
      }
    }
  });
}

int32_t gt_foreach_lerp_(const gt_tensor* self, const gt_tensor* end, int64_t count, double weight) {
  return gt::run([&] {
    const c10::AutoGradMode no_grad(false);
    at::_foreach_lerp_(gt::tensors(self, count), gt::tensors(end, count), at::Scalar(weight));
  });
}

int32_t gt_foreach_lerp_tensor_(const gt_tensor* self, const gt_tensor* end, int64_t count,
                                gt_tensor weight) {
  return gt::run([&] {
    const c10::AutoGradMode no_grad(false);
    const at::Tensor& share = gt::tensor(weight);
    if (share.numel() != 1) throw std::invalid_argument("the weight of an average is no single number");
    const at::TensorList all = gt::tensors(self, count), ends = gt::tensors(end, count);
    if (share.is_cpu()) {
      at::_foreach_lerp_(all, ends, share.item());
      return;
    }
#ifdef GT_WITH_CUDA_KERNELS
    if (gt::average_takes(all, ends, share)) {
      gt::average(all, ends, share);
      return;
    }
#endif
    for (size_t i = 0; i < all.size(); i++)
      all[i].lerp_(ends[i], share.to(all[i].device(), all[i].scalar_type()));
  });
}

int32_t gt_foreach_copy_(const gt_tensor* self, const gt_tensor* source, int64_t count) {
  return gt::run([&] {
    const c10::AutoGradMode no_grad(false);
    at::_foreach_copy_(gt::tensors(self, count), gt::tensors(source, count));
  });
}
