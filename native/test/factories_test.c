/* Tensors out of nothing. */
#include <math.h>
#include <string.h>

#include "check.h"

static void filled_tensors_hold_their_value(void) {
  EXPECT(gt_zeros(LIST(2), FLOAT_ON_CPU), 0, 0);
  EXPECT(gt_ones(LIST(3), I64, CPU, -1, 0), 1, 1, 1);
  EXPECT(gt_full(LIST(2), REAL(2.5), FLOAT_ON_CPU), 2.5, 2.5);
  EXPECT(gt_full(LIST(2), INTEGER(-3), I32, CPU, -1, 0), -3, -3);
  EXPECT(gt_full(LIST(1), GT_BOOL, 1, BOOLEAN, CPU, -1, 0), 1);
  EXPECT(gt_eye(2, FLOAT_ON_CPU), 1, 0, 0, 1);
  EXPECT_SHAPE(gt_empty(LIST(2, 0, 5), FLOAT_ON_CPU), 2, 0, 5);
}

static void a_scalar_has_no_dimensions(void) {
  gt_tensor a = gt_ones(NULL, 0, FLOAT_ON_CPU);
  CHECK_INT(0, gt_dim(a));
  CHECK_INT(1, gt_numel(a));
  gt_free(a);
}

static void options_are_kept(void) {
  gt_tensor a = gt_zeros(LIST(1), BF16, CPU, -1, 1);
  CHECK_INT(BF16, gt_dtype(a));
  CHECK_INT(1, gt_requires_grad(a));
  gt_free(a);
  CHECK_REFUSED(GT_ERROR, "floating point", gt_zeros(LIST(1), I64, CPU, -1, 1));
}

static void ranges_count_in_steps(void) {
  EXPECT(gt_arange(INTEGER(0), INTEGER(3), INTEGER(1), I64, CPU, -1, 0), 0, 1, 2);
  EXPECT(gt_arange(REAL(1), REAL(0), REAL(-0.25), FLOAT_ON_CPU), 1, 0.75, 0.5, 0.25);
  EXPECT(gt_linspace(0, 1, 5, FLOAT_ON_CPU), 0, 0.25, 0.5, 0.75, 1);
  CHECK_REFUSED(GT_ERROR, "step", gt_arange(INTEGER(0), INTEGER(3), INTEGER(0), I64, CPU, -1, 0));
}

static void likes_take_shape_and_dtype(void) {
  gt_tensor a = gt_zeros(LIST(2, 2), F64, CPU, -1, 0);
  gt_tensor b = gt_ones_like(a);
  CHECK_INT(F64, gt_dtype(b));
  CHECK_VALUES(b, 1, 1, 1, 1);
  EXPECT(gt_zeros_like(b), 0, 0, 0, 0);
  EXPECT_SHAPE(gt_empty_like(b), 2, 2);
  EXPECT_SHAPE(gt_randn_like(b, 0), 2, 2);
  gt_free(a);
  gt_free(b);
}

static void empty_tensors_have_no_memory(void) {
  gt_tensor a = gt_empty(LIST(0, 3), FLOAT_ON_CPU);
  CHECK_SHAPE(a, 0, 3);
  CHECK(gt_data_ptr(a) == NULL);
  gt_free(a);
}

static void negative_sizes_are_refused(void) {
  CHECK_REFUSED(GT_ERROR, "negative", gt_zeros(LIST(-1), FLOAT_ON_CPU));
  CHECK_REFUSED(GT_ERROR, "negative", gt_ones(LIST(2, -1), FLOAT_ON_CPU));
}

const test_case factories_tests[] = {{"filled tensors hold their value", filled_tensors_hold_their_value},
                                     {"a scalar has no dimensions", a_scalar_has_no_dimensions},
                                     {"options are kept", options_are_kept},
                                     {"ranges count in steps", ranges_count_in_steps},
                                     {"likes take shape and dtype", likes_take_shape_and_dtype},
                                     {"empty tensors have no memory", empty_tensors_have_no_memory},
                                     {"negative sizes are refused", negative_sizes_are_refused},
                                     {NULL, NULL}};
