/* The library as a whole: versions, threads, switches. */
#include <math.h>
#include <string.h>

#include "check.h"

static void versions_are_told(void) {
  CHECK(strlen(gt_version()) >= 5);
  CHECK(gt_libtorch_version()[0] >= '2' && gt_libtorch_version()[1] == '.');
  CHECK(strstr(gt_build_config(), "GCC") != NULL || strstr(gt_build_config(), "clang") != NULL);
  CHECK(strlen(gt_cpu_capability()) > 0);
}

static void the_number_of_threads_is_set(void) {
  const int32_t before = gt_num_threads();
  CHECK_OK(gt_set_num_threads(2));
  CHECK_INT(2, gt_num_threads());
  CHECK_STATUS(GT_VALUE, "must be at least 1", gt_set_num_threads(0));
  CHECK_INT(2, gt_num_threads());
  CHECK_OK(gt_set_num_threads(before));
}

static void denormals_are_flushed_while_on(void) {
  if (!gt_set_flush_denormal(1)) return;
  gt_tensor tiny = FLOATS(1e-38f);
  EXPECT(gt_mul_scalar(tiny, REAL(0.01)), 0);
  gt_set_flush_denormal(0);
  gt_tensor product = gt_mul_scalar(tiny, REAL(0.01));
  CHECK(number(product) > 0);
  gt_free(tiny);
}

static void freed_memory_can_be_kept(void) {
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
  CHECK_INT(1, gt_retain_freed_memory());
#endif
}

static void switches_of_the_backends_are_taken(void) {
  CHECK_OK(gt_set_allow_tf32(1));
  CHECK_OK(gt_set_allow_tf32(0));
  CHECK_OK(gt_set_cudnn_benchmark(1));
  CHECK_OK(gt_set_cudnn_benchmark(0));
  CHECK_OK(gt_set_deterministic(1));
  CHECK_OK(gt_set_deterministic(0));
}

const test_case library_tests[] = {{"versions are told", versions_are_told},
                                   {"the number of threads is set", the_number_of_threads_is_set},
                                   {"denormals are flushed while on", denormals_are_flushed_while_on},
                                   {"freed memory can be kept", freed_memory_can_be_kept},
                                   {"switches of the backends are taken", switches_of_the_backends_are_taken},
                                   {NULL, NULL}};
