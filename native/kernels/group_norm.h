// Group norm with what diffusion networks do around it, in one pass over the memory: y = silu(norm(x + added)
// (1 + s) + t).
#pragma once

#include <ATen/core/Tensor.h>

namespace gt::norm {

// The parameters of the layer, and of this call; each may be undefined.
struct Inputs {
  at::Tensor weight, bias;  // (C)
  at::Tensor added;         // (B, C), to every pixel
  at::Tensor scale_shift;   // (B, 2 C): s, then t
};

struct Options {
  int64_t groups;
  double eps;
  bool silu;
};

// Whether there are kernels for the device of x.
bool has_kernels(at::DeviceType device);

// Whether the kernels can take x: (B, C, ...) with all in one piece in the order NCHW or NHWC; on the CPU
// float32, float64 or bfloat16, on a GPU float32, bfloat16 or float16 and not too many channels in a group.
bool takes(const at::Tensor& x, int64_t groups);

// What the forward pass answers: y in the layout of x, and the mean and 1 / deviation of each group, (B, G)
// float64, of x with what is added to it.
struct Output {
  at::Tensor y, mean, inverse;
};
Output forward(const at::Tensor& x, const Inputs& inputs, const Options& options);

struct Gradients {
  at::Tensor x, weight, bias, added, scale_shift;
};
// dy may have any layout, and so may plus, which is added to the gradient of x where it is defined. Gradients
// of inputs that are not defined are not defined; those of parameters have the type that x is computed in.
Gradients backward(const at::Tensor& dy, const at::Tensor& plus, const at::Tensor& x, const Inputs& inputs,
                   const Options& options, const at::Tensor& mean, const at::Tensor& inverse);

// The same by ATen's operators: for other devices, types and layouts, and for gradients of gradients.
at::Tensor composite(const at::Tensor& x, const Inputs& inputs, const Options& options);

// On a GPU, in cuda_group_norm.cpp; the steps are those from one pixel to the next in NHWC. plus may be
// undefined.
bool cuda_takes(const at::Tensor& x, int64_t groups);
Output cuda_forward(const at::Tensor& x, bool nhwc, const Inputs& inputs, const Options& options);
Gradients cuda_backward(const at::Tensor& dy, int64_t dy_step, const at::Tensor& plus, int64_t plus_step,
                        const at::Tensor& x, bool nhwc, const Inputs& inputs, const Options& options,
                        const at::Tensor& mean, const at::Tensor& inverse);

}  // namespace gt::norm
