/* Handles are counted, shared and freed, one by one or many at once; queries read them. */
#include <string.h>

#include "check.h"

static void every_tensor_given_out_is_counted(void) {
  const int64_t before = gt_live_handles();
  gt_tensor a = FLOATS(1, 2);
  CHECK_INT(before + 1, gt_live_handles());
  gt_tensor b = gt_add(a, a);
  CHECK_INT(before + 2, gt_live_handles());
  gt_free(a);
  CHECK_INT(before + 1, gt_live_handles());
  gt_free(b);
  CHECK_INT(before, gt_live_handles());
}

static void a_failed_call_gives_out_nothing(void) {
  const int64_t before = gt_live_handles();
  gt_tensor a = FLOATS(1, 2), b = FLOATS(1, 2, 3);
  CHECK_INT(0, gt_add(a, b));
  CHECK_INT(before + 2, gt_live_handles());
  gt_free(a);
  gt_free(b);
}

static void many_are_freed_by_one_call_and_zeros_skipped(void) {
  const int64_t before = gt_live_handles();
  gt_tensor all[1000];
  for (int i = 0; i < 1000; i++) all[i] = i % 10 == 9 ? 0 : gt_zeros(LIST(2), FLOAT_ON_CPU);
  CHECK_INT(before + 900, gt_live_handles());
  gt_free_many(all, 1000);
  CHECK_INT(before, gt_live_handles());
}

static void freeing_nothing_is_harmless(void) {
  gt_free(0);
  gt_free_many(NULL, 0);
  gt_free_many(NULL, 3);
  gt_generator_free(0);
}

static void a_shared_handle_outlives_the_first(void) {
  gt_tensor a = FLOATS(1, 2);
  gt_tensor b = gt_share(a);
  CHECK_INT(a, b);
  gt_free(a);
  CHECK_VALUES(b, 1, 2);
  CHECK_OK(gt_add_scalar_(b, REAL(1)));
  CHECK_VALUES(b, 2, 3);
  gt_free(b);
  CHECK_REFUSED(GT_VALUE, "null", gt_share(0));
}

static void a_view_keeps_the_memory_of_its_base(void) {
  gt_tensor base = FLOATS(1, 2, 3, 4);
  gt_tensor view = gt_narrow(base, 0, 1, 2);
  gt_free(base);
  CHECK_VALUES(view, 2, 3);
  gt_free(view);
}

static void queries_answer_what_the_tensor_is(void) {
  gt_tensor a = gt_zeros(LIST(2, 3, 4), F64, CPU, -1, 1);
  int64_t strides[3] = {0};
  CHECK_INT(3, gt_dim(a));
  CHECK_INT(24, gt_numel(a));
  CHECK_INT(8, gt_element_size(a));
  CHECK_INT(F64, gt_dtype(a));
  CHECK_INT(CPU, gt_device_type(a));
  CHECK_INT(1, gt_requires_grad(a));
  CHECK_INT(1, gt_is_leaf(a));
  CHECK_INT(1, gt_is_contiguous(a, CONTIGUOUS));
  CHECK_SHAPE(a, 2, 3, 4);
  gt_strides(a, strides);
  CHECK_INT(12, strides[0]);
  CHECK_INT(4, strides[1]);
  CHECK_INT(1, strides[2]);
  gt_tensor b = gt_transpose(a, 0, 2);
  CHECK_INT(0, gt_is_contiguous(b, CONTIGUOUS));
  CHECK_INT(0, gt_is_leaf(b));
  CHECK_SHAPE(b, 4, 3, 2);
  gt_free(a);
  gt_free(b);
}

static void queries_of_no_tensor_answer_zero(void) {
  int64_t untouched = 42;
  CHECK_INT(0, gt_dim(0));
  CHECK_INT(0, gt_numel(0));
  CHECK_INT(0, gt_element_size(0));
  CHECK_INT(0, gt_dtype(0));
  CHECK_INT(0, gt_device_type(0));
  CHECK_INT(0, gt_device_index(0));
  CHECK_INT(0, gt_requires_grad(0));
  CHECK_INT(0, gt_is_leaf(0));
  CHECK_INT(0, gt_is_contiguous(0, CONTIGUOUS));
  CHECK(gt_data_ptr(0) == NULL);
  CHECK_STATUS(GT_VALUE, "null", gt_sizes(0, &untouched));
  CHECK_STATUS(GT_VALUE, "null", gt_strides(0, &untouched));
  CHECK_INT(42, untouched);
}

/* Reads what is at an offset from a tensor. */
static int64_t word_at(intptr_t address, int64_t offset) {
  int64_t word;
  memcpy(&word, (const char*)address + offset, sizeof word);
  return word;
}

static void the_shape_lies_where_the_fields_say(void) {
  gt_fields fields;
  CHECK_OK(gt_tensor_fields(&fields));
  CHECK_STATUS(GT_VALUE, "null", gt_tensor_fields(NULL));
  const int64_t sizes[] = {2, 1, 3, 1, 2, 2, 1, 2, 3};
  for (int64_t dim = 0; dim <= 9; dim++) {
    gt_tensor x = gt_empty(sizes, dim, FLOAT_ON_CPU);
    CHECK_INT(0, word_at(x, fields.policy) & fields.custom_sizes);
    CHECK_INT(dim, word_at(x, fields.dim));
    CHECK_INT(gt_numel(x), word_at(x, fields.numel));
    const intptr_t lying = dim <= fields.max_inside ? x + (intptr_t)fields.sizes : word_at(x, fields.sizes);
    for (int64_t i = 0; i < dim; i++) CHECK_INT(sizes[i], word_at(lying, 8 * i));
    gt_free(x);
  }
}

static void a_nested_tensor_has_no_shape(void) {
  const gt_tensor parts[] = {FLOATS(1, 2), FLOATS(3)};
  const gt_value list = {GT_VALUE_TENSORS, 0, 2, (intptr_t)parts};
  const gt_operator op = gt_operator_find("aten::_nested_tensor_from_tensor_list", "");
  gt_value result;
  int64_t untouched = 42;
  gt_fields fields;
  CHECK_INT(1, gt_operator_call(op, &list, 1, &result, 1));
  CHECK_INT(2, gt_dim(result.payload));
  CHECK_INT(3, gt_numel(result.payload));
  CHECK_STATUS(GT_ERROR, "doesn't support sizes", gt_sizes(result.payload, &untouched));
  CHECK_STATUS(GT_ERROR, "doesn't support strides", gt_strides(result.payload, &untouched));
  CHECK_INT(42, untouched);
  CHECK_OK(gt_tensor_fields(&fields));
  CHECK(0 != (word_at(result.payload, fields.policy) & fields.custom_sizes));
  gt_free(result.payload);
  gt_free_many(parts, 2);
}

static void the_data_can_be_read_and_written_in_place(void) {
  gt_tensor a = FLOATS(1, 2);
  float* data = gt_data_ptr(a);
  CHECK(data[1] == 2);
  data[1] = 7;
  CHECK_VALUES(a, 1, 7);
  gt_free(a);
}

static void items_are_real_or_integral(void) {
  gt_tensor real = FLOATS(2.5f), integer = LONGS(INT64_C(9007199254740993)), truth = gt_isnan(real);
  double as_double;
  int64_t as_int64;
  int32_t integral;
  CHECK_OK(gt_item(real, &as_double, &as_int64, &integral));
  CHECK(as_double == 2.5);
  CHECK_INT(0, integral);
  CHECK_OK(gt_item(integer, &as_double, &as_int64, &integral));
  CHECK_INT(INT64_C(9007199254740993), as_int64);
  CHECK_INT(1, integral);
  CHECK_OK(gt_item(truth, &as_double, &as_int64, &integral));
  CHECK_INT(0, as_int64);
  CHECK_INT(1, integral);
  gt_free_many(TENSORS(real, integer, truth));
}

const test_case handles_tests[] = {
    {"every tensor given out is counted", every_tensor_given_out_is_counted},
    {"a failed call gives out nothing", a_failed_call_gives_out_nothing},
    {"many are freed by one call and zeros skipped", many_are_freed_by_one_call_and_zeros_skipped},
    {"freeing nothing is harmless", freeing_nothing_is_harmless},
    {"a shared handle outlives the first", a_shared_handle_outlives_the_first},
    {"a view keeps the memory of its base", a_view_keeps_the_memory_of_its_base},
    {"queries answer what the tensor is", queries_answer_what_the_tensor_is},
    {"queries of no tensor answer zero", queries_of_no_tensor_answer_zero},
    {"the shape lies where the fields say", the_shape_lies_where_the_fields_say},
    {"a nested tensor has no shape", a_nested_tensor_has_no_shape},
    {"the data can be read and written in place", the_data_can_be_read_and_written_in_place},
    {"items are real or integral", items_are_real_or_integral},
    {NULL, NULL}};
