#include <algorithm>

#include "average.h"

namespace gt {
namespace {

constexpr int kThreads = 256;
// Numbers of a thread block at a time.
constexpr int64_t kStride = 8192;

// y is the tensor, x its pieces.
__global__ void __launch_bounds__(kThreads) average_kernel(Averaged tensors, const double* weight) {
  const float w = static_cast<float>(*weight);
  float* self = tensors.self[blockIdx.y];
  const float* end = tensors.end[blockIdx.y];
  const int64_t numbers = tensors.numbers[blockIdx.y];
  for (int64_t first = blockIdx.x * kStride; first < numbers; first += gridDim.x * kStride) {
    const int64_t last = first + kStride < numbers ? first + kStride : numbers;
    for (int64_t i = first + threadIdx.x; i < last; i += kThreads) {
      const float from = self[i], to = end[i];
      self[i] = fabsf(w) < 0.5f ? from + w * (to - from) : to - (to - from) * (1 - w);
    }
  }
}

}  // namespace

cudaError_t launch_average(const Averaged& tensors, const double* weight, cudaStream_t stream) {
  const int64_t most = *std::max_element(tensors.numbers, tensors.numbers + tensors.count);
  const int64_t pieces = std::clamp<int64_t>((most + kStride - 1) / kStride, 1, 256);
  average_kernel<<<dim3(static_cast<unsigned>(pieces), static_cast<unsigned>(tensors.count)), kThreads, 0,
                   stream>>>(tensors, weight);
  return cudaGetLastError();
}

}  // namespace gt
