/* With CUDA the functions answer; without it they say that it is missing. */
#include "check.h"

static void without_cuda_every_function_says_so(void) {
  int64_t bytes[5];
  if (gt_cuda_is_built()) return;
  CHECK_INT(0, gt_cuda_device_count());
  CHECK_STATUS(GT_NOT_IMPLEMENTED, "not built with CUDA", gt_cuda_synchronize(0));
  CHECK(gt_cuda_device_name(0) == NULL);
  CHECK_STATUS(GT_NOT_IMPLEMENTED, "not built with CUDA",
               gt_cuda_memory(0, &bytes[0], &bytes[1], &bytes[2], &bytes[3], &bytes[4]));
  CHECK_STATUS(GT_NOT_IMPLEMENTED, "not built with CUDA", gt_cuda_reset_peak_memory(0));
  CHECK_STATUS(GT_NOT_IMPLEMENTED, "not built with CUDA", gt_cuda_empty_cache());
  CHECK_INT(0, gt_zeros(LIST(1), F32, CUDA, 0, 0));
  CHECK(gt_last_error_code() != GT_OK);
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

const test_case cuda_tests[] = {{"without CUDA every function says so", without_cuda_every_function_says_so},
                                {"with a device tensors live there", with_a_device_tensors_live_there},
                                {NULL, NULL}};
