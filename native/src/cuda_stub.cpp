// The functions of CUDA where libtorch has none: each says so.
#include <c10/util/Exception.h>

#include "internal.h"

namespace gt {
void require_cuda() {
  C10_THROW_ERROR(NotImplementedError,
                  "not built with CUDA: the libtorch that Gradus was built with is a CPU build");
}
}  // namespace gt

int32_t gt_cuda_is_built(void) { return 0; }
int32_t gt_cuda_device_count(void) { return 0; }
int32_t gt_is_pinned(gt_tensor) { return 0; }
void gt_cuda_event_free(gt_cuda_event) {}
void gt_cuda_graph_free(gt_cuda_graph) {}

// What each of the others returns on failure, and what it takes.
#define GT_CUDA_FUNCTIONS(X)                                                                          \
  X(int32_t, GT_NOT_IMPLEMENTED, require, (void))                                                     \
  X(const char*, nullptr, device_name, (int32_t))                                                     \
  X(int32_t, GT_NOT_IMPLEMENTED, properties, (int32_t, int64_t*))                                     \
  X(int32_t, GT_NOT_IMPLEMENTED, versions, (int64_t*, int64_t*, int64_t*))                            \
  X(int32_t, -1, current_device, (void))                                                              \
  X(int32_t, GT_NOT_IMPLEMENTED, set_device, (int32_t))                                               \
  X(int32_t, GT_NOT_IMPLEMENTED, synchronize, (int32_t))                                              \
  X(int32_t, GT_NOT_IMPLEMENTED, memory, (int32_t, int64_t*, int64_t*, int64_t*, int64_t*, int64_t*)) \
  X(int32_t, GT_NOT_IMPLEMENTED, memory_stats, (int32_t, int64_t*))                                   \
  X(int32_t, GT_NOT_IMPLEMENTED, reset_peak_memory, (int32_t))                                        \
  X(int32_t, GT_NOT_IMPLEMENTED, set_memory_fraction, (int32_t, double))                              \
  X(int32_t, GT_NOT_IMPLEMENTED, empty_cache, (void))                                                 \
  X(int32_t, GT_NOT_IMPLEMENTED, stream_new, (int32_t, int32_t, int64_t*))                            \
  X(int32_t, GT_NOT_IMPLEMENTED, stream_highest_priority, (int32_t*))                                 \
  X(int32_t, GT_NOT_IMPLEMENTED, stream_current, (int32_t, int64_t*))                                 \
  X(int32_t, GT_NOT_IMPLEMENTED, stream_set_current, (int32_t, int64_t))                              \
  X(int32_t, GT_NOT_IMPLEMENTED, stream_priority, (int32_t, int64_t, int32_t*))                       \
  X(int32_t, -1, stream_query, (int32_t, int64_t))                                                    \
  X(int32_t, GT_NOT_IMPLEMENTED, stream_synchronize, (int32_t, int64_t))                              \
  X(int32_t, GT_NOT_IMPLEMENTED, stream_address, (int32_t, int64_t, int64_t*))                        \
  X(gt_cuda_event, 0, event_new, (int32_t, int32_t))                                                  \
  X(int32_t, GT_NOT_IMPLEMENTED, event_record, (gt_cuda_event, int32_t, int64_t))                     \
  X(int32_t, GT_NOT_IMPLEMENTED, event_wait, (gt_cuda_event, int32_t, int64_t))                       \
  X(int32_t, -1, event_query, (gt_cuda_event))                                                        \
  X(int32_t, GT_NOT_IMPLEMENTED, event_synchronize, (gt_cuda_event))                                  \
  X(int32_t, GT_NOT_IMPLEMENTED, event_elapsed, (gt_cuda_event, gt_cuda_event, double*))              \
  X(int32_t, GT_NOT_IMPLEMENTED, pool_new, (int64_t*, int64_t*))                                      \
  X(gt_cuda_graph, 0, graph_new, (void))                                                              \
  X(int32_t, GT_NOT_IMPLEMENTED, graph_register_generator, (gt_cuda_graph, gt_generator))             \
  X(int32_t, GT_NOT_IMPLEMENTED, graph_begin, (gt_cuda_graph, int64_t, int64_t, int32_t))             \
  X(int32_t, GT_NOT_IMPLEMENTED, graph_end, (gt_cuda_graph))                                          \
  X(int32_t, GT_NOT_IMPLEMENTED, graph_replay, (gt_cuda_graph))                                       \
  X(int32_t, GT_NOT_IMPLEMENTED, graph_reset, (gt_cuda_graph))                                        \
  X(int32_t, GT_NOT_IMPLEMENTED, graph_pool, (gt_cuda_graph, int64_t*, int64_t*))

#define GT_DEFINE(type, failed, name, parameters)    \
  type gt_cuda_##name parameters {                   \
    return gt::value_or<type>(failed, []() -> type { \
      gt::require_cuda();                            \
      return failed;                                 \
    });                                              \
  }
GT_CUDA_FUNCTIONS(GT_DEFINE)

gt_tensor gt_pin_memory(gt_tensor) {
  return gt::make([]() -> at::Tensor {
    gt::require_cuda();
    return {};
  });
}

int32_t gt_record_stream(gt_tensor, int32_t, int64_t) { return gt_cuda_require(); }
