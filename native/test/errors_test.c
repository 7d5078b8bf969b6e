/* Every failure has a code and words, and none is a crash. */
#include <string.h>

#include "check.h"

static void a_shape_mismatch_is_an_error(void) {
  gt_tensor a = FLOATS(1, 2), b = FLOATS(1, 2, 3);
  CHECK_REFUSED(GT_ERROR, "must match the size", gt_add(a, b));
  CHECK_STATUS(GT_ERROR, "must match the size", gt_add_(a, b));
  gt_free(a);
  gt_free(b);
}

static void an_index_out_of_range_is_an_index_error(void) {
  gt_tensor a = FLOATS(1, 2);
  CHECK_REFUSED(GT_INDEX, "out of range", gt_select(a, 0, 2));
  CHECK_REFUSED(GT_INDEX, "out of range", gt_unsqueeze(a, 3));
  CHECK_REFUSED(GT_INDEX, "out of range", gt_softmax(a, 1));
  gt_free(a);
}

static void a_wrong_dtype_is_an_error(void) {
  gt_tensor a = gt_ones(LIST(2, 2), FLOAT_ON_CPU), indices = FLOATS(0, 1);
  CHECK_REFUSED(GT_ERROR, "Long, Int", gt_embedding(a, indices));
  gt_free(a);
  gt_free(indices);
}

static void an_operator_without_a_kernel_is_not_implemented(void) {
  gt_tensor longs = LONGS(1, 2, 3, 4);
  CHECK_REFUSED(GT_NOT_IMPLEMENTED, "not implemented", gt_silu(longs));
  gt_free(longs);
}

static void more_memory_than_there_is_is_out_of_memory(void) {
  CHECK_REFUSED(GT_OUT_OF_MEMORY, "memory", gt_empty(LIST(INT64_C(1) << 50), FLOAT_ON_CPU));
}

static void a_size_that_overflows_is_an_error(void) {
  CHECK_REFUSED(GT_ERROR, "overflow", gt_empty(LIST(INT64_C(1) << 40, INT64_C(1) << 40), FLOAT_ON_CPU));
}

static void codes_that_libtorch_has_not_are_value_errors(void) {
  gt_tensor a = FLOATS(1);
  CHECK_REFUSED(GT_VALUE, "dtype code 1000", gt_empty(LIST(1), 1000, CPU, -1, 0));
  CHECK_REFUSED(GT_VALUE, "dtype code -1", gt_empty(LIST(1), -1, CPU, -1, 0));
  CHECK_REFUSED(GT_VALUE, "device type code 99", gt_empty(LIST(1), F32, 99, -1, 0));
  CHECK_REFUSED(GT_INDEX, "device index 500", gt_empty(LIST(1), F32, CPU, 500, 0));
  CHECK_REFUSED(GT_VALUE, "memory format code 17", gt_contiguous(a, 17));
  CHECK_REFUSED(GT_VALUE, "scalar kind 9", gt_add_scalar(a, 9, 0));
  CHECK_REFUSED(GT_VALUE, "reduction 7", gt_mse_loss(a, a, 7));
  gt_free(a);
}

static void a_null_list_is_a_value_error(void) {
  gt_tensor a = FLOATS(1, 2);
  CHECK_REFUSED(GT_VALUE, "null", gt_empty(NULL, 1, FLOAT_ON_CPU));
  CHECK_REFUSED(GT_VALUE, "null", gt_reshape(a, NULL, 2));
  CHECK_REFUSED(GT_VALUE, "null", gt_cat(NULL, 2, 0));
  CHECK_REFUSED(GT_VALUE, "tensor 1 of the list is null", gt_cat(TENSORS(a, 0), 0));
  CHECK_STATUS(GT_VALUE, "null", gt_foreach_lerp_(NULL, NULL, 1, 0.5));
  gt_free(a);
}

static void a_negative_count_is_a_value_error(void) {
  gt_tensor a = FLOATS(1, 2);
  const int64_t sizes[] = {2};
  CHECK_REFUSED(GT_VALUE, "-1", gt_empty(sizes, -1, FLOAT_ON_CPU));
  CHECK_REFUSED(GT_VALUE, "-1", gt_reshape(a, sizes, -1));
  CHECK_REFUSED(GT_VALUE, "-1", gt_sum(a, sizes, -1, 0));
  CHECK_REFUSED(GT_VALUE, "-2", gt_cat(&a, -2, 0));
  CHECK_STATUS(GT_VALUE, "-3", gt_zero_grads(&a, -3, 1));
  gt_free(a);
}

static void a_null_result_is_a_value_error(void) {
  gt_tensor a = FLOATS(1, 2), one = FLOATS(1), out = 0;
  double real;
  CHECK_STATUS(GT_VALUE, "null", gt_sort(a, 0, 0, NULL, &out));
  CHECK_STATUS(GT_VALUE, "null", gt_topk(a, 1, 0, 1, &out, NULL));
  CHECK_STATUS(GT_VALUE, "null", gt_item(one, &real, NULL, NULL));
  CHECK_INT(-1, gt_chunk(a, 2, 0, NULL, 2));
  check_error(__FILE__, __LINE__, GT_VALUE, "null");
  CHECK_INT(0, out);
  gt_free(a);
  gt_free(one);
}

static void too_little_room_for_results_is_a_value_error(void) {
  gt_tensor a = FLOATS(1, 2, 3), out[2] = {0, 0};
  CHECK_INT(-1, gt_chunk(a, 3, 0, out, 2));
  check_error(__FILE__, __LINE__, GT_VALUE, "room for 2");
  CHECK_INT(0, out[0]);
  gt_free(a);
}

static void the_item_of_many_elements_is_an_error(void) {
  gt_tensor a = FLOATS(1, 2);
  double real;
  int64_t integer;
  int32_t integral;
  CHECK_STATUS(GT_ERROR, "elements cannot be converted", gt_item(a, &real, &integer, &integral));
  gt_free(a);
}

static void messages_carry_no_stack_of_cplusplus(void) {
  gt_tensor a = FLOATS(1, 2);
  gt_free(gt_select(a, 5, 0));
  CHECK(strstr(gt_last_error_message(), "frame #") == NULL);
  CHECK(strstr(gt_last_error_message(), ".cpp") == NULL);
  gt_free(a);
}

static void an_error_stays_until_the_next_failure(void) {
  gt_tensor a = FLOATS(1, 2);
  CHECK_REFUSED(GT_INDEX, "out of range", gt_select(a, 0, 2));
  EXPECT(gt_neg(a), -1, -2);
  check_error(__FILE__, __LINE__, GT_INDEX, "out of range");
  gt_free(a);
}

const test_case errors_tests[] = {
    {"a shape mismatch is an error", a_shape_mismatch_is_an_error},
    {"an index out of range is an index error", an_index_out_of_range_is_an_index_error},
    {"a wrong dtype is an error", a_wrong_dtype_is_an_error},
    {"an operator without a kernel is not implemented", an_operator_without_a_kernel_is_not_implemented},
    {"more memory than there is is out of memory", more_memory_than_there_is_is_out_of_memory},
    {"a size that overflows is an error", a_size_that_overflows_is_an_error},
    {"codes that libtorch has not are value errors", codes_that_libtorch_has_not_are_value_errors},
    {"a null list is a value error", a_null_list_is_a_value_error},
    {"a negative count is a value error", a_negative_count_is_a_value_error},
    {"a null result is a value error", a_null_result_is_a_value_error},
    {"too little room for results is a value error", too_little_room_for_results_is_a_value_error},
    {"the item of many elements is an error", the_item_of_many_elements_is_an_error},
    {"messages carry no stack of C++", messages_carry_no_stack_of_cplusplus},
    {"an error stays until the next failure", an_error_stays_until_the_next_failure},
    {NULL, NULL}};
