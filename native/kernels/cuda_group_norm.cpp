// Group norm on a GPU: tensors, memory and streams around the kernels of group_norm.cu.
#include <ATen/ATen.h>
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>

#include "group_norm.h"
#include "group_norm_cuda.h"

namespace gt::norm {
namespace {

gpu::Type type_of(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return gpu::Type::f32;
    case at::kDouble:
      return gpu::Type::f64;
    case at::kBFloat16:
      return gpu::Type::bf16;
    case at::kHalf:
      return gpu::Type::f16;
    default:
      return gpu::Type::none;
  }
}

// Parameters as the kernels read them; holds what had to be copied.
class Parameters {
 public:
  explicit Parameters(const Inputs& inputs)
      : weight_(plain(inputs.weight)),
        bias_(plain(inputs.bias)),
        added_(plain(inputs.added)),
        scale_shift_(plain(inputs.scale_shift)) {}

  void into(gpu::Task& task) const {
    task.weight = of(weight_);
    task.bias = of(bias_);
    task.added = of(added_);
    task.scale_shift = of(scale_shift_);
  }

 private:
  at::Tensor weight_, bias_, added_, scale_shift_;

  static at::Tensor plain(const at::Tensor& tensor) {
    if (!tensor.defined()) return tensor;
    const bool known = type_of(tensor.scalar_type()) != gpu::Type::none;
    return (known ? tensor : tensor.to(at::kFloat)).contiguous();
  }
  static gpu::Parameter of(const at::Tensor& tensor) {
    if (!tensor.defined()) return {nullptr, gpu::Type::none};
    return {tensor.const_data_ptr(), type_of(tensor.scalar_type())};
  }
};

bool at_16_bytes(const at::Tensor& tensor, int64_t step) {
  return !tensor.defined() || (reinterpret_cast<uintptr_t>(tensor.const_data_ptr()) % 16 == 0 &&
                               step * tensor.element_size() % 16 == 0);
}

gpu::Plan plan(const at::Tensor& x, int64_t groups, bool nhwc, bool aligned) {
  const int64_t batch = x.size(0), channels = x.size(1);
  return gpu::plan_of(batch, channels, x.numel() / (batch * channels), groups, nhwc,
                      static_cast<int>(x.element_size()), aligned,
                      at::cuda::getCurrentDeviceProperties()->multiProcessorCount);
}

void run(gpu::Task& task, const at::Tensor& x, bool backward) {
  const cudaStream_t stream = at::cuda::getCurrentCUDAStream();
  const gpu::Type type = type_of(x.scalar_type());
  at::Tensor partial;
  if (task.plan.chunks > 1) {
    partial = at::empty({task.plan.batch, task.plan.chunks, gpu::kSums, task.plan.channels},
                        x.options().dtype(at::kFloat));
    task.partial = partial.mutable_data_ptr<float>();
    task.stage = gpu::Stage::sums;
    C10_CUDA_CHECK(gpu::launch(task, type, backward, stream));
    task.stage = gpu::Stage::rest;
  } else {
    task.stage = gpu::Stage::all;
  }
  C10_CUDA_CHECK(gpu::launch(task, type, backward, stream));
}

float* numbers(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.mutable_data_ptr<float>() : nullptr;
}

}  // namespace

bool cuda_takes(const at::Tensor& x, int64_t groups) {
  const auto type = x.scalar_type();
  if (type != at::kFloat && type != at::kBFloat16 && type != at::kHalf) return false;
  // The slab does not grow when what reads it is not aligned.
  const c10::cuda::CUDAGuard device(x.device());
  for (const bool nhwc : {false, true}) {
    for (const bool aligned : {false, true}) {
      if (plan(x, groups, nhwc, aligned).slab > gpu::kMostChannels) return false;
    }
  }
  return x.size(0) * x.size(1) < int64_t{1} << 31;
}

Output cuda_forward(const at::Tensor& x, bool nhwc, const Inputs& inputs, const Options& options) {
  const c10::cuda::CUDAGuard device(x.device());
  const auto per_group = x.options().dtype(at::kDouble);
  Output output{at::empty_like(x), at::empty({x.size(0), options.groups}, per_group),
                at::empty({x.size(0), options.groups}, per_group)};
  const Parameters parameters(inputs);
  gpu::Task task{};
  task.plan = plan(x, options.groups, nhwc, at_16_bytes(x, 0) && at_16_bytes(output.y, 0));
  task.silu = options.silu;
  task.eps = options.eps;
  task.x = x.const_data_ptr();
  parameters.into(task);
  task.mean = output.mean.mutable_data_ptr<double>();
  task.inverse = output.inverse.mutable_data_ptr<double>();
  task.result = output.y.mutable_data_ptr();
  run(task, x, false);
  return output;
}

Gradients cuda_backward(const at::Tensor& dy, int64_t dy_step, const at::Tensor& plus, int64_t plus_step,
                        const at::Tensor& x, bool nhwc, const Inputs& inputs, const Options& options,
                        const at::Tensor& mean, const at::Tensor& inverse) {
  const c10::cuda::CUDAGuard device(x.device());
  const int64_t batch = x.size(0), channels = x.size(1);
  const auto computed = x.options().dtype(at::kFloat);
  Gradients result;
  result.x = at::empty_like(x);
  at::Tensor of_images;  // of weight and bias
  if (inputs.weight.defined() || inputs.bias.defined()) of_images = at::empty({2, batch, channels}, computed);
  if (inputs.added.defined()) result.added = at::empty({batch, channels}, computed);
  if (inputs.scale_shift.defined()) result.scale_shift = at::empty({batch, 2 * channels}, computed);
  const Parameters parameters(inputs);
  gpu::Task task{};
  task.plan = plan(x, options.groups, nhwc,
                   at_16_bytes(x, 0) && at_16_bytes(result.x, 0) && at_16_bytes(dy, dy_step) &&
                       at_16_bytes(plus, plus_step));
  task.silu = options.silu;
  task.eps = options.eps;
  task.x = x.const_data_ptr();
  parameters.into(task);
  task.mean = mean.mutable_data_ptr<double>();
  task.inverse = inverse.mutable_data_ptr<double>();
  task.result = result.x.mutable_data_ptr();
  task.dy = {dy.const_data_ptr(), dy_step};
  task.plus = {plus.defined() ? plus.const_data_ptr() : nullptr, plus_step};
  if (inputs.weight.defined()) task.weight_gradient = of_images.mutable_data_ptr<float>();
  if (inputs.bias.defined()) task.bias_gradient = of_images.mutable_data_ptr<float>() + batch * channels;
  task.added_gradient = numbers(result.added);
  task.scale_shift_gradient = numbers(result.scale_shift);
  run(task, x, true);
  if (of_images.defined()) {
    // One kernel for both; of what is not wanted nothing is read.
    const at::Tensor over_images = of_images.sum(1);
    if (inputs.weight.defined()) result.weight = over_images[0];
    if (inputs.bias.defined()) result.bias = over_images[1];
  }
  return result;
}

}  // namespace gt::norm
