// The average of many tensors: lists of tensors around the kernel of average.cu.
#include <ATen/ATen.h>
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>

#include "average.h"

namespace gt {

bool average_takes(at::TensorList self, at::TensorList end, const at::Tensor& weight) {
  if (self.size() != end.size() || weight.scalar_type() != at::kDouble) return false;
  for (size_t i = 0; i < self.size(); i++) {
    const at::Tensor &a = self[i], &b = end[i];
    if (a.scalar_type() != at::kFloat || b.scalar_type() != at::kFloat || a.device() != weight.device() ||
        b.device() != weight.device() || a.sizes() != b.sizes() || a.strides() != b.strides() ||
        !a.is_non_overlapping_and_dense()) {
      return false;
    }
  }
  return true;
}

void average(at::TensorList self, at::TensorList end, const at::Tensor& weight) {
  const c10::cuda::CUDAGuard device(weight.device());
  const cudaStream_t stream = at::cuda::getCurrentCUDAStream();
  Averaged tensors{};
  for (size_t i = 0; i < self.size(); i++) {
    if (self[i].numel() > 0) {
      tensors.self[tensors.count] = self[i].mutable_data_ptr<float>();
      tensors.end[tensors.count] = end[i].const_data_ptr<float>();
      tensors.numbers[tensors.count++] = self[i].numel();
    }
    if (tensors.count == kMostAveraged || (i + 1 == self.size() && tensors.count > 0)) {
      C10_CUDA_CHECK(launch_average(tensors, weight.const_data_ptr<double>(), stream));
      tensors.count = 0;
    }
  }
}

}  // namespace gt
