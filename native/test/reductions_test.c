/* Sums, moments, scans, sorting. */
#include <math.h>

#include "check.h"

static void every_reduction_takes_dimensions_or_all(void) {
  gt_tensor x = SHAPED(FLOATS(1, 2, 3, 4, 5, 6), 2, 3);
  EXPECT(gt_sum(x, NULL, 0, 0), 21);
  EXPECT(gt_sum(x, LIST(0), 0), 5, 7, 9);
  EXPECT(gt_sum(x, LIST(-1), 0), 6, 15);
  EXPECT(gt_mean(x, NULL, 0, 0), 3.5);
  EXPECT(gt_mean(x, LIST(1), 0), 2, 5);
  EXPECT(gt_mean(x, LIST(0, 1), 0), 3.5);
  EXPECT(gt_amax(x, NULL, 0, 0), 6);
  EXPECT(gt_amax(x, LIST(0), 0), 4, 5, 6);
  EXPECT(gt_amin(x, NULL, 0, 0), 1);
  EXPECT(gt_amin(x, LIST(1), 0), 1, 4);
  EXPECT(gt_logsumexp(x, NULL, 0, 0), log(exp(1) + exp(2) + exp(3) + exp(4) + exp(5) + exp(6)));
  EXPECT(gt_logsumexp(x, LIST(1), 0), log(exp(1) + exp(2) + exp(3)), log(exp(4) + exp(5) + exp(6)));
  gt_free(x);
}

static void kept_dimensions_have_size_one(void) {
  gt_tensor x = gt_ones(LIST(2, 3), FLOAT_ON_CPU);
#define CASE(name)                                    \
  EXPECT_SHAPE(gt_##name(x, LIST(1), 1), 2, 1);       \
  EXPECT_SHAPE(gt_##name(x, NULL, 0, 1), 1, 1);       \
  CHECK_INT(0, gt_##name(x, LIST(5), 0));             \
  check_error(__FILE__, __LINE__, GT_INDEX, "range"); \
  CHECK_REFUSED(GT_VALUE, "null", gt_##name(0, NULL, 0, 0));
  GT_REDUCTIONS(CASE)
#undef CASE
#define CASE(name)                                 \
  EXPECT_SHAPE(gt_##name(x, LIST(1), 1, 1), 2, 1); \
  EXPECT_SHAPE(gt_##name(x, NULL, 0, 1, 1), 1, 1); \
  CHECK_REFUSED(GT_VALUE, "null", gt_##name(0, NULL, 0, 1, 0));
  GT_MOMENTS(CASE)
#undef CASE
  gt_free(x);
}

static void moments_divide_by_n_minus_the_correction(void) {
  gt_tensor x = FLOATS(1, 2, 3, 6);
  EXPECT(gt_var(x, NULL, 0, 1, 0), 14.0 / 3);
  EXPECT(gt_var(x, NULL, 0, 0, 0), 3.5);
  EXPECT(gt_std(x, LIST(0), 0, 0), sqrt(3.5));
  gt_free(x);
}

static void scans_keep_the_shape(void) {
  gt_tensor x = FLOATS(1, 2, 3);
  const double sum = exp(1) + exp(2) + exp(3);
  EXPECT(gt_cumsum(x, 0), 1, 3, 6);
  EXPECT(gt_cumprod(x, 0), 1, 2, 6);
  EXPECT(gt_softmax(x, 0), exp(1) / sum, exp(2) / sum, exp(3) / sum);
  EXPECT(gt_log_softmax(x, 0), 1 - log(sum), 2 - log(sum), 3 - log(sum));
#define CASE(name)                                   \
  CHECK_REFUSED(GT_INDEX, "range", gt_##name(x, 4)); \
  CHECK_REFUSED(GT_VALUE, "null", gt_##name(0, 0));
  GT_SCANS(CASE)
#undef CASE
  gt_free(x);
}

static void positions_of_extremes(void) {
  gt_tensor x = SHAPED(FLOATS(1, 9, 3, 7, 5, 6), 2, 3);
  EXPECT(gt_argmax(x, 1, 0), 1, 0);
  EXPECT(gt_argmin(x, 1, 0), 0, 1);
#define CASE(name)                                      \
  EXPECT_SHAPE(gt_##name(x, 1, 1), 2, 1);               \
  CHECK_REFUSED(GT_INDEX, "range", gt_##name(x, 2, 0)); \
  CHECK_REFUSED(GT_VALUE, "null", gt_##name(0, 0, 0));
  GT_ARG_REDUCTIONS(CASE)
#undef CASE
  gt_free(x);
}

static void norms(void) {
  gt_tensor x = FLOATS(3, -4);
  EXPECT(gt_norm(x, 2), 5);
  EXPECT(gt_norm(x, 1), 7);
  EXPECT(gt_norm(x, INFINITY), 4);
  CHECK_REFUSED(GT_VALUE, "null", gt_norm(0, 2));
  gt_free(x);
}

static void sorting_gives_values_and_indices(void) {
  gt_tensor x = FLOATS(2, 3, 1), values = 0, indices = 0;
  CHECK_OK(gt_sort(x, 0, 0, &values, &indices));
  CHECK_VALUES(values, 1, 2, 3);
  CHECK_VALUES(indices, 2, 0, 1);
  gt_free_many(TENSORS(values, indices));
  CHECK_OK(gt_sort(x, 0, 1, &values, &indices));
  CHECK_VALUES(values, 3, 2, 1);
  gt_free_many(TENSORS(values, indices));
  CHECK_OK(gt_topk(x, 1, 0, 1, &values, &indices));
  CHECK_VALUES(values, 3);
  CHECK_VALUES(indices, 1);
  gt_free_many(TENSORS(values, indices));
  CHECK_STATUS(GT_ERROR, "out of range", gt_topk(x, 9, 0, 1, &values, &indices));
  CHECK_INT(0, values);
  CHECK_INT(0, indices);
  gt_free(x);
}

const test_case reductions_tests[] = {
    {"every reduction takes dimensions or all", every_reduction_takes_dimensions_or_all},
    {"kept dimensions have size one", kept_dimensions_have_size_one},
    {"moments divide by n minus the correction", moments_divide_by_n_minus_the_correction},
    {"scans keep the shape", scans_keep_the_shape},
    {"positions of extremes", positions_of_extremes},
    {"norms", norms},
    {"sorting gives values and indices", sorting_gives_values_and_indices},
    {NULL, NULL}};
