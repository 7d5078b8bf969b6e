/* With CUDA the functions answer; without it, or without a device, each says what is missing. */
#include "check.h"

#define SAYS_SO(failed, call)                    \
  do {                                           \
    CHECK_INT(failed, call);                     \
    check_error(__FILE__, __LINE__, code, part); \
  } while (0)

/* Every function that needs a device, and what it answers where there is none. */
static void without_a_device_every_function_says_so(void) {
  int64_t n[32];
  int32_t priority;
  double ms;
  if (gt_cuda_device_count() > 0) return;
  const int32_t code = gt_cuda_is_built() ? GT_ERROR : GT_NOT_IMPLEMENTED;
  const char* part = gt_cuda_is_built() ? "no CUDA device" : "not built with CUDA";
  SAYS_SO(code, gt_cuda_require());
  SAYS_SO(code, gt_cuda_properties(0, n));
  SAYS_SO(code, gt_cuda_set_device(0));
  SAYS_SO(code, gt_cuda_synchronize(0));
  SAYS_SO(code, gt_cuda_memory(0, n, n, n, n, n));
  SAYS_SO(code, gt_cuda_memory_stats(0, n));
  SAYS_SO(code, gt_cuda_reset_peak_memory(0));
  SAYS_SO(code, gt_cuda_set_memory_fraction(0, 0.5));
  SAYS_SO(code, gt_cuda_empty_cache());
  SAYS_SO(code, gt_cuda_stream_new(0, 0, n));
  SAYS_SO(code, gt_cuda_stream_highest_priority(&priority));
  SAYS_SO(code, gt_cuda_stream_current(0, n));
  SAYS_SO(code, gt_cuda_stream_set_current(0, 0));
  SAYS_SO(code, gt_cuda_stream_priority(0, 0, &priority));
  SAYS_SO(code, gt_cuda_stream_synchronize(0, 0));
  SAYS_SO(code, gt_cuda_stream_address(0, 0, n));
  SAYS_SO(code, gt_cuda_pool_new(n, n));
  SAYS_SO(-1, gt_cuda_current_device());
  SAYS_SO(-1, gt_cuda_stream_query(0, 0));
  SAYS_SO(0, gt_cuda_event_new(1, 0));
  SAYS_SO(0, gt_cuda_graph_new());
  SAYS_SO(0, gt_cuda_device_name(0) != NULL);
  SAYS_SO(0, gt_zeros(LIST(1), F32, CUDA, 0, 0));
  SAYS_SO(0, gt_generator_new(CUDA, 0, 1));
  if (gt_cuda_is_built()) return;
  /* These take what only a device could have made. */
  SAYS_SO(code, gt_cuda_versions(n, n, n));
  SAYS_SO(code, gt_cuda_event_record(0, 0, 0));
  SAYS_SO(code, gt_cuda_event_wait(0, 0, 0));
  SAYS_SO(-1, gt_cuda_event_query(0));
  SAYS_SO(code, gt_cuda_event_synchronize(0));
  SAYS_SO(code, gt_cuda_event_elapsed(0, 0, &ms));
  SAYS_SO(code, gt_cuda_graph_register_generator(0, 0));
  SAYS_SO(code, gt_cuda_graph_begin(0, 0, 0, GT_CAPTURE_GLOBAL));
  SAYS_SO(code, gt_cuda_graph_end(0));
  SAYS_SO(code, gt_cuda_graph_replay(0));
  SAYS_SO(code, gt_cuda_graph_reset(0));
  SAYS_SO(code, gt_cuda_graph_pool(0, n, n));
  CHECK_STATUS(code, "NVTX", gt_nvtx_push("x"));
  CHECK_STATUS(code, "NVTX", gt_nvtx_pop());
  CHECK_STATUS(code, "NVTX", gt_nvtx_mark("x"));
  gt_cuda_event_free(0);
  gt_cuda_graph_free(0);
}

static void without_a_device_tensors_are_not_pinned(void) {
  if (gt_cuda_device_count() > 0) return;
  gt_tensor host = FLOATS(1, 2);
  CHECK_INT(0, gt_is_pinned(host));
  CHECK_REFUSED(gt_cuda_is_built() ? GT_ERROR : GT_NOT_IMPLEMENTED, "CUDA", gt_pin_memory(host));
  CHECK(gt_record_stream(host, 0, 0) != GT_OK);
  gt_free(host);
}

static void with_a_device_tensors_live_there(void) {
  int64_t allocated, peak, reserved, device_free, device_total;
  if (gt_cuda_device_count() == 0) return;
  CHECK(gt_cuda_device_name(0) != NULL);
  gt_tensor host = FLOATS(1, 2), device = gt_to(host, -1, CUDA, 0, 0, 0, PRESERVE),
            sum = gt_add(device, device);
  CHECK_INT(CUDA, gt_device_type(sum));
  CHECK_INT(0, gt_device_index(sum));
  CHECK_VALUES(sum, 2, 4);
  CHECK_OK(gt_cuda_synchronize(0));
  CHECK_OK(gt_cuda_memory(0, &allocated, &peak, &reserved, &device_free, &device_total));
  CHECK(allocated > 0 && peak >= allocated && reserved >= allocated && device_total > device_free);
  CHECK_OK(gt_cuda_reset_peak_memory(0));
  gt_free_many(TENSORS(host, device, sum));
  CHECK_OK(gt_cuda_empty_cache());
}

const test_case cuda_tests[] = {
    {"without a device every function says so", without_a_device_every_function_says_so},
    {"without a device tensors are not pinned", without_a_device_tensors_are_not_pinned},
    {"with a device tensors live there", with_a_device_tensors_live_there},
    {NULL, NULL}};
