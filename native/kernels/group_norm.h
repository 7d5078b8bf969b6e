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

// Whether the kernels can take x: on the CPU, float32, float64 or bfloat16, (B, C, ...) with all in one piece
// in the order NCHW or NHWC.
bool takes(const at::Tensor& x);

// What the forward pass answers: y in the layout of x, and the mean and 1 / deviation of each group, (B, G)
// float64.
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

}  // namespace gt::norm
