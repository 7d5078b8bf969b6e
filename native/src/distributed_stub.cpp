// The functions of the distributed part where libtorch has no c10d: each says so.
#include <c10/util/Exception.h>

#include "internal.h"

namespace gt {
namespace {

void refuse() {
  C10_THROW_ERROR(NotImplementedError, "this libtorch was built without its distributed engine (c10d)");
}

}  // namespace
}  // namespace gt

void gt_store_free(gt_store) {}
void gt_group_free(gt_group) {}
void gt_work_free(gt_work) {}

// What each of the others returns on failure, and what it takes.
#define GT_DISTRIBUTED_FUNCTIONS(X)                                                           \
  X(int32_t, GT_NOT_IMPLEMENTED, backend_require, (int32_t))                                  \
  X(gt_store, 0, tcp_store_new, (const char*, int32_t, const char*, int64_t))                 \
  X(gt_store, 0, prefix_store_new, (const char*, gt_store))                                   \
  X(int32_t, GT_NOT_IMPLEMENTED, store_port, (gt_store, int32_t*))                            \
  X(int32_t, GT_NOT_IMPLEMENTED, store_set, (gt_store, const char*, const uint8_t*, int64_t)) \
  X(gt_tensor, 0, store_get, (gt_store, const char*, int64_t))                                \
  X(gt_tensor, 0, store_compare_set,                                                          \
    (gt_store, const char*, const uint8_t*, int64_t, const uint8_t*, int64_t))                \
  X(int32_t, GT_NOT_IMPLEMENTED, store_add, (gt_store, const char*, int64_t, int64_t*))       \
  X(int32_t, -1, store_has, (gt_store, const char*))                                          \
  X(int32_t, -1, store_delete, (gt_store, const char*))                                       \
  X(gt_group, 0, group_new,                                                                   \
    (int32_t, gt_store, int32_t, int32_t, int64_t, const char*, const char*, int32_t))        \
  X(int32_t, GT_NOT_IMPLEMENTED, group_abort, (gt_group))                                     \
  X(gt_work, 0, group_broadcast, (gt_group, gt_tensor, int32_t, int64_t))                     \
  X(gt_work, 0, group_all_reduce, (gt_group, gt_tensor, int32_t, int64_t))                    \
  X(gt_work, 0, group_all_gather, (gt_group, gt_tensor, gt_tensor, int64_t))                  \
  X(gt_work, 0, group_reduce_scatter, (gt_group, gt_tensor, gt_tensor, int32_t, int64_t))     \
  X(gt_work, 0, group_barrier, (gt_group, int64_t))                                           \
  X(gt_work, 0, group_send, (gt_group, gt_tensor, int32_t, int32_t))                          \
  X(gt_work, 0, group_receive, (gt_group, gt_tensor, int32_t, int32_t))                       \
  X(int32_t, GT_NOT_IMPLEMENTED, work_wait, (gt_work, int64_t))                               \
  X(int32_t, -1, work_is_done, (gt_work))

#define GT_DEFINE(type, failed, name, parameters)    \
  type gt_##name parameters {                        \
    return gt::value_or<type>(failed, []() -> type { \
      gt::refuse();                                  \
      return failed;                                 \
    });                                              \
  }
GT_DISTRIBUTED_FUNCTIONS(GT_DEFINE)
