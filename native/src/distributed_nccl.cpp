// The backend NCCL, where libtorch is one for CUDA.
#include <c10/util/Exception.h>

#include "distributed.h"

#ifdef GT_WITH_NCCL
#define USE_C10D_NCCL
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAFunctions.h>

#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

namespace gt {

void require_nccl() { require_cuda(); }

c10::intrusive_ptr<c10d::Backend> new_nccl(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size,
                                           std::chrono::milliseconds timeout, const GroupPlace& place) {
  require_cuda();
  c10::cuda::set_device(static_cast<c10::DeviceIndex>(place.device_index));
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = timeout;
  auto group = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size, options);
  group->setBoundDeviceId(at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(place.device_index)));
  return group;
}

}  // namespace gt
#else
namespace gt {

void require_nccl() { C10_THROW_ERROR(NotImplementedError, "not built with NCCL: " GT_WITHOUT_NCCL); }

c10::intrusive_ptr<c10d::Backend> new_nccl(const c10::intrusive_ptr<c10d::Store>&, int, int,
                                           std::chrono::milliseconds, const GroupPlace&) {
  require_nccl();
  return {};
}

}  // namespace gt
#endif
