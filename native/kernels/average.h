// The average of many tensors with a weight that is on the GPU: one pass over the memory, and nobody waits.
#pragma once

#include <cuda_runtime_api.h>
#include <stdint.h>

#ifndef __CUDACC__
#include <ATen/core/Tensor.h>
#endif

namespace gt {

constexpr int kMostAveraged = 64;

// Tensors of one launch, float32, in one piece each.
struct Averaged {
  int count;
  float* self[kMostAveraged];
  const float* end[kMostAveraged];
  int64_t numbers[kMostAveraged];
};

// self += weight (end - self), as at::lerp rounds it.
cudaError_t launch_average(const Averaged& tensors, const double* weight, cudaStream_t stream);

#ifndef __CUDACC__
// The same for lists of tensors (cuda_average.cpp), which average_takes must have approved: float32 on one
// GPU, each pair in one piece of the same order, and weight a float64 there.
bool average_takes(at::TensorList self, at::TensorList end, const at::Tensor& weight);
void average(at::TensorList self, at::TensorList end, const at::Tensor& weight);
#endif

}  // namespace gt
