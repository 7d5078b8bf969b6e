// What the files of the distributed part share.
#pragma once

#include <c10/util/intrusive_ptr.h>

#include <chrono>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "internal.h"

namespace gt {

struct GroupPlace {
  const char* address;
  const char* interface_name;
  int32_t device_index;
};

// Each throws, with what is missing, where this build does not have the backend.
void require_gloo();
void require_nccl();
c10::intrusive_ptr<c10d::Backend> new_gloo(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size,
                                           std::chrono::milliseconds timeout, const GroupPlace& place);
c10::intrusive_ptr<c10d::Backend> new_nccl(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size,
                                           std::chrono::milliseconds timeout, const GroupPlace& place);

}  // namespace gt
