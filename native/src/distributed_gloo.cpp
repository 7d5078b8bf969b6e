// The backend Gloo. It is inside of libtorch; its headers, which c10d's include, are installed apart
// (libgloo-dev).
#include <c10/util/Exception.h>

#include "distributed.h"

#ifdef GT_WITH_GLOO
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

namespace gt {

void require_gloo() {}

c10::intrusive_ptr<c10d::Backend> new_gloo(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size,
                                           std::chrono::milliseconds timeout, const GroupPlace& place) {
  using c10d::ProcessGroupGloo;
  auto options = ProcessGroupGloo::Options::create(timeout);
  if (place.interface_name != nullptr) {
    options->devices.push_back(ProcessGroupGloo::createDeviceForInterface(place.interface_name));
  } else if (place.address != nullptr) {
    options->devices.push_back(ProcessGroupGloo::createDeviceForHostname(place.address));
  } else {
    options->devices.push_back(ProcessGroupGloo::createDefaultDevice());
  }
  return c10::make_intrusive<ProcessGroupGloo>(store, rank, size, options);
}

}  // namespace gt
#else
namespace gt {

void require_gloo() { C10_THROW_ERROR(NotImplementedError, "not built with Gloo: " GT_WITHOUT_GLOO); }

c10::intrusive_ptr<c10d::Backend> new_gloo(const c10::intrusive_ptr<c10d::Store>&, int, int,
                                           std::chrono::milliseconds, const GroupPlace&) {
  require_gloo();
  return {};
}

}  // namespace gt
#endif
