/* Elements in and out, and tensors over memory of the caller. */
#include <stdlib.h>

#include "check.h"

static void data_become_a_tensor_and_come_back(void) {
  const float in[] = {1, 2, 3, 4, 5, 6};
  float out[6] = {0};
  gt_tensor x = gt_from_data(in, sizeof in, LIST(2, 3), F32);
  CHECK_SHAPE(x, 2, 3);
  CHECK_VALUES(x, 1, 2, 3, 4, 5, 6);
  CHECK_OK(gt_copy_out(x, F32, out, sizeof out));
  CHECK_INT(6, out[5]);
  const float other[] = {6, 5, 4, 3, 2, 1};
  CHECK_OK(gt_copy_in(x, F32, other, sizeof other));
  CHECK_VALUES(x, 6, 5, 4, 3, 2, 1);
  gt_free(x);
  EXPECT_SHAPE(gt_from_data(NULL, 0, LIST(0, 3), F32), 0, 3);
}

static void sizes_that_do_not_fit_the_data_are_refused(void) {
  const float in[] = {1, 2};
  gt_tensor x = FLOATS(1, 2);
  CHECK_REFUSED(GT_VALUE, "12", gt_from_data(in, sizeof in, LIST(3), F32));
  CHECK_REFUSED(GT_ERROR, "negative", gt_from_data(in, sizeof in, LIST(-2), F32));
  CHECK_REFUSED(GT_ERROR, "counted",
                gt_from_data(in, sizeof in, LIST(INT64_C(1) << 40, INT64_C(1) << 40), F32));
  CHECK_REFUSED(GT_VALUE, "null", gt_from_data(NULL, sizeof in, LIST(2), F32));
  CHECK_REFUSED(GT_VALUE, "dtype code 99", gt_from_data(in, sizeof in, LIST(2), 99));
  float out[3];
  CHECK_STATUS(GT_VALUE, "12", gt_copy_out(x, F32, out, sizeof out));
  gt_free(x);
}

static void what_is_not_plain_is_left_alone_until_it_is(void) {
  gt_tensor x = SHAPED(FLOATS(1, 2, 3, 4), 2, 2), t = gt_transpose(x, 0, 1);
  float out[4] = {0};
  CHECK_INT(GT_NOT_PLAIN, gt_copy_out(t, F32, out, sizeof out));
  CHECK_INT(GT_NOT_PLAIN, gt_copy_out(x, F64, out, sizeof out));
  CHECK_INT(GT_NOT_PLAIN, gt_copy_in(t, F32, out, sizeof out));
  CHECK(gt_overwrite(t, F32) == NULL);
  CHECK(gt_overwrite(x, F32) == gt_data_ptr(x));
  gt_tensor host = gt_to_host(t, F32);
  CHECK_OK(gt_copy_out(host, F32, out, sizeof out));
  CHECK_INT(3, out[1]);
  gt_tensor same = gt_to_host(x, F32);
  CHECK_INT(x, same);
  gt_free_many(TENSORS(x, t, host, same));
}

static void single_elements_are_complex_too(void) {
  const double in[] = {1.5, -2};
  gt_tensor x = gt_from_data(in, sizeof in, NULL, 0, 10), y = FLOATS(1, 2);
  double real, imaginary;
  CHECK_OK(gt_item_complex(x, &real, &imaginary));
  CHECK(real == 1.5 && imaginary == -2);
  CHECK_STATUS(GT_ERROR, "elements", gt_item_complex(y, &real, &imaginary));
  CHECK_STATUS(GT_VALUE, "null", gt_item_complex(x, NULL, &imaginary));
  gt_free(x);
  gt_free(y);
}

static void memory_that_is_held_outlives_its_tensor(void) {
  gt_tensor x = FLOATS(1, 2), y = SHAPED(FLOATS(1, 2, 3, 4), 2, 2), t = gt_transpose(y, 0, 1);
  void* data = NULL;
  gt_tensor held = gt_hold_memory(x, &data);
  gt_free(x);
  CHECK_INT(2, ((const float*)data)[1]);
  gt_free(held);
  CHECK_REFUSED(GT_VALUE, "row-major", gt_hold_memory(t, &data));
  CHECK_REFUSED(GT_VALUE, "null", gt_hold_memory(y, NULL));
  gt_free(y);
  gt_free(t);
}

static void a_lease_counts_the_tensors_that_use_memory(void) {
  float* memory = calloc(6, sizeof *memory);
  void* lease = gt_lease_new();
  CHECK_INT(0, gt_lease_count(lease));
  gt_tensor x = gt_leased_tensor(lease, memory, LIST(2, 3), F32), row = gt_select(x, 0, 1);
  gt_tensor y = gt_leased_tensor(lease, memory, LIST(0), F32);
  CHECK_INT(2, gt_lease_count(lease));
  gt_free(x);
  gt_free(y);
  CHECK_INT(1, gt_lease_count(lease));
  memory[5] = 7;
  CHECK_VALUES(row, 0, 0, 7);
  gt_free(row);
  CHECK_INT(0, gt_lease_count(lease));
  CHECK_REFUSED(GT_ERROR, "negative", gt_leased_tensor(lease, memory, LIST(-1), F32));
  CHECK_REFUSED(GT_VALUE, "null", gt_leased_tensor(lease, NULL, LIST(2), F32));
  CHECK_REFUSED(GT_VALUE, "null", gt_leased_tensor(NULL, memory, LIST(2), F32));
  CHECK_INT(0, gt_lease_count(lease));
  gt_tensor last = gt_leased_tensor(lease, memory, LIST(6), F32);
  gt_lease_free(lease);
  CHECK_VALUES(last, 0, 0, 0, 0, 0, 7);
  gt_free(last);
  free(memory);
}

static void dtypes_are_promoted(void) {
  CHECK_INT(F32, gt_promote_types(F16, BF16));
  CHECK_INT(-1, gt_promote_types(99, F32));
  CHECK_INT(F32, gt_default_dtype());
  CHECK_OK(gt_set_default_dtype(F64));
  CHECK_INT(F64, gt_default_dtype());
  CHECK_OK(gt_set_default_dtype(F32));
  CHECK_STATUS(GT_TYPE, "must be float32", gt_set_default_dtype(I64));
}

const test_case data_tests[] = {
    {"data become a tensor and come back", data_become_a_tensor_and_come_back},
    {"sizes that do not fit the data are refused", sizes_that_do_not_fit_the_data_are_refused},
    {"what is not plain is left alone until it is", what_is_not_plain_is_left_alone_until_it_is},
    {"single elements are complex too", single_elements_are_complex_too},
    {"memory that is held outlives its tensor", memory_that_is_held_outlives_its_tensor},
    {"a lease counts the tensors that use memory", a_lease_counts_the_tensors_that_use_memory},
    {"dtypes are promoted", dtypes_are_promoted},
    {NULL, NULL}};
