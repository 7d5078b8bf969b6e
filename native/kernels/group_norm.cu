// The kernels of group norm for GPUs; what each of their blocks does is in group_norm_block.h.
#include "group_norm_cuda.h"

namespace gt::norm::gpu {
namespace {

template <class T, int V, bool nhwc>
__global__ void __launch_bounds__(kThreads) forward_kernel(Task task) {
  __shared__ __align__(16) char shared[kSharedBytes];
  Block<T, V, nhwc>(task, blockIdx.x, static_cast<int>(threadIdx.x), shared).forward();
}

template <class T, int V, bool nhwc>
__global__ void __launch_bounds__(kThreads) backward_kernel(Task task) {
  __shared__ __align__(16) char shared[kSharedBytes];
  Block<T, V, nhwc>(task, blockIdx.x, static_cast<int>(threadIdx.x), shared).backward();
}

template <class T, int V, bool nhwc>
void launch_as(const Task& task, bool backward, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>(task.plan.blocks()));
  if (backward) {
    backward_kernel<T, V, nhwc><<<grid, kThreads, 0, stream>>>(task);
  } else {
    forward_kernel<T, V, nhwc><<<grid, kThreads, 0, stream>>>(task);
  }
}

template <class T>
void launch_type(const Task& task, bool backward, cudaStream_t stream) {
  constexpr int most = 16 / sizeof(T);
  if (task.plan.nhwc) {
    task.plan.vector == most ? launch_as<T, most, true>(task, backward, stream)
                             : launch_as<T, 1, true>(task, backward, stream);
  } else {
    task.plan.vector == most ? launch_as<T, most, false>(task, backward, stream)
                             : launch_as<T, 1, false>(task, backward, stream);
  }
}

}  // namespace

cudaError_t launch(const Task& task, Type type, bool backward, cudaStream_t stream) {
  switch (type) {
    case Type::bf16:
      launch_type<Bf16>(task, backward, stream);
      break;
    case Type::f16:
      launch_type<F16>(task, backward, stream);
      break;
    default:
      launch_type<float>(task, backward, stream);
  }
  return cudaGetLastError();
}

}  // namespace gt::norm::gpu
