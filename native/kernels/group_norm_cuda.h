// Group norm on a GPU: between the code that knows tensors (cuda_group_norm.cpp) and the kernels
// (group_norm.cu).
#pragma once

#include <cuda_runtime_api.h>

#include "group_norm_block.h"

namespace gt::norm::gpu {

// Puts a stage into the stream. type: of x, float32, bfloat16 or float16.
cudaError_t launch(const Task& task, Type type, bool backward, cudaStream_t stream);

}  // namespace gt::norm::gpu
