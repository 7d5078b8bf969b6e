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
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK_INT(1, gt_retain_freed_memory());
#endif
}

static void switches_of_the_backends_are_kept(void) {
  for (int32_t which = 0; which <= GT_MKLDNN_ENABLED; which++) {
    const int32_t before = gt_get_switch(which);
    CHECK_OK(gt_set_switch(which, !before));
    CHECK_INT(!before, gt_get_switch(which));
    CHECK_OK(gt_set_switch(which, before));
    CHECK_INT(before, gt_get_switch(which));
  }
  CHECK_INT(-1, gt_get_switch(GT_MKLDNN_ENABLED + 1));
  CHECK_STATUS(GT_VALUE, "switch -1 is not in", gt_set_switch(-1, 1));
}

static void the_precision_of_products_is_kept(void) {
  const int32_t before = gt_matmul_precision();
  for (int32_t precision = 0; precision < 3; precision++) {
    CHECK_OK(gt_set_matmul_precision(precision));
    CHECK_INT(precision, gt_matmul_precision());
  }
  CHECK_OK(gt_set_matmul_precision(before));
  CHECK_STATUS(GT_VALUE, "precision 3 is not in", gt_set_matmul_precision(3));
}

static void the_shim_tells_how_it_was_built(void) {
  CHECK_OK(gt_check_libtorch());
  CHECK(strcmp(gt_libtorch_version(), gt_loaded_libtorch_version()) == 0);
  CHECK(strstr(gt_shim_build(), "compiler=") != NULL && strstr(gt_shim_build(), "\ncuda=") != NULL);
}

/* The variance of one number is not a number, of which libtorch warns each time. */
static void warn(void) {
  gt_tensor x = FLOATS(1);
  gt_free(gt_var(x, NULL, 0, 1, 0));
  gt_free(x);
}

static void warnings_wait_to_be_taken(void) {
  CHECK_OK(gt_collect_warnings());
  CHECK_INT(0, *gt_waiting_warnings());
  CHECK(gt_next_warning() == NULL);
  warn();
  warn();
  CHECK_INT(2, *gt_waiting_warnings());
  for (int32_t left = 1; left >= 0; left--) {
    const char* warning = gt_next_warning();
    CHECK(warning != NULL && strstr(warning, "degrees of freedom is <= 0") != NULL);
    CHECK(warning != NULL && strstr(warning, ".cpp:") != NULL);
    CHECK_INT(left, *gt_waiting_warnings());
  }
  CHECK(gt_next_warning() == NULL);
}

static void no_more_than_a_thousand_warnings_wait(void) {
  CHECK_OK(gt_collect_warnings());
  for (int i = 0; i < 1005; i++) warn();
  CHECK_INT(1000, *gt_waiting_warnings());
  while (gt_next_warning() != NULL) continue;
  CHECK_INT(0, *gt_waiting_warnings());
}

const test_case library_tests[] = {
    {"versions are told", versions_are_told},
    {"the number of threads is set", the_number_of_threads_is_set},
    {"denormals are flushed while on", denormals_are_flushed_while_on},
    {"freed memory can be kept", freed_memory_can_be_kept},
    {"switches of the backends are kept", switches_of_the_backends_are_kept},
    {"the precision of products is kept", the_precision_of_products_is_kept},
    {"the shim tells how it was built", the_shim_tells_how_it_was_built},
    {"warnings wait to be taken", warnings_wait_to_be_taken},
    {"no more than a thousand warnings wait", no_more_than_a_thousand_warnings_wait},
    {NULL, NULL}};
