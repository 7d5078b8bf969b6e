/* Shapes, views, indexing, layout, dtype. */
#include <math.h>

#include "check.h"

static gt_tensor six(void) { return SHAPED(FLOATS(1, 2, 3, 4, 5, 6), 2, 3); }

static void shapes_change_and_elements_stay(void) {
  gt_tensor x = six(), column = SHAPED(FLOATS(1, 2), 2, 1);
  EXPECT_SHAPE(gt_reshape(x, LIST(3, -1)), 3, 2);
  EXPECT_SHAPE(gt_view(x, LIST(6)), 6);
  EXPECT(gt_permute(x, LIST(1, 0)), 1, 4, 2, 5, 3, 6);
  EXPECT(gt_transpose(x, 0, 1), 1, 4, 2, 5, 3, 6);
  EXPECT(gt_flip(x, LIST(1)), 3, 2, 1, 6, 5, 4);
  EXPECT_SHAPE(gt_repeat(x, LIST(2, 1)), 4, 3);
  EXPECT(gt_expand(column, LIST(-1, 2)), 1, 1, 2, 2);
  EXPECT_SHAPE(gt_flatten(x, 0, -1), 6);
  EXPECT_SHAPE(gt_unsqueeze(x, -1), 2, 3, 1);
  EXPECT_SHAPE(gt_squeeze(column), 2);
  EXPECT_SHAPE(gt_squeeze_dim(column, 0), 2, 1);
  gt_free(x);
  gt_free(column);
}

static void wrong_shapes_are_refused(void) {
  gt_tensor x = six(), t = gt_transpose(x, 0, 1);
  CHECK_REFUSED(GT_ERROR, "invalid for input of size 6", gt_reshape(x, LIST(4)));
  CHECK_REFUSED(GT_ERROR, "view size is not compatible", gt_view(t, LIST(6)));
  CHECK_REFUSED(GT_ERROR, "expanded size", gt_expand(x, LIST(2, 4)));
  CHECK_REFUSED(GT_ERROR, "dim", gt_permute(x, LIST(0)));
  CHECK_REFUSED(GT_INDEX, "out of range", gt_flip(x, LIST(2)));
  CHECK_REFUSED(GT_INDEX, "out of range", gt_transpose(x, 0, 2));
  CHECK_REFUSED(GT_INDEX, "out of range", gt_flatten(x, 0, 2));
  CHECK_REFUSED(GT_INDEX, "out of range", gt_squeeze_dim(x, 2));
#define CASE(name) CHECK_REFUSED(GT_VALUE, "null", gt_##name(0, LIST(1)));
  GT_SHAPE_OPS(CASE)
  CASE(expand)
#undef CASE
  CHECK_REFUSED(GT_VALUE, "null", gt_transpose(0, 0, 1));
  CHECK_REFUSED(GT_VALUE, "null", gt_flatten(0, 0, -1));
  CHECK_REFUSED(GT_VALUE, "null", gt_unsqueeze(0, 0));
  CHECK_REFUSED(GT_VALUE, "null", gt_squeeze(0));
  CHECK_REFUSED(GT_VALUE, "null", gt_squeeze_dim(0, 0));
  gt_free(x);
  gt_free(t);
}

static void parts_of_a_tensor_are_views(void) {
  gt_tensor x = six();
  EXPECT(gt_select(x, 0, -1), 4, 5, 6);
  EXPECT(gt_narrow(x, 1, 1, 2), 2, 3, 5, 6);
  EXPECT(gt_slice(x, 1, 0, 3, 2), 1, 3, 4, 6);
  gt_tensor row = gt_select(x, 0, 0);
  CHECK_OK(gt_fill_scalar_(row, REAL(0)));
  CHECK_VALUES(x, 0, 0, 0, 4, 5, 6);
  CHECK_REFUSED(GT_ERROR, "exceeds dimension size", gt_narrow(x, 1, 2, 2));
  CHECK_REFUSED(GT_ERROR, "step must be positive", gt_slice(x, 1, 0, 3, 0));
  CHECK_REFUSED(GT_VALUE, "null", gt_select(0, 0, 0));
  CHECK_REFUSED(GT_VALUE, "null", gt_narrow(0, 0, 0, 1));
  CHECK_REFUSED(GT_VALUE, "null", gt_slice(0, 0, 0, 1, 1));
  gt_free(x);
  gt_free(row);
}

static void chunks_and_splits_fill_a_list(void) {
  gt_tensor x = six(), out[4];
  CHECK_INT(2, gt_chunk(x, 2, 1, out, 4));
  CHECK_SHAPE(out[0], 2, 2);
  CHECK_VALUES(out[1], 3, 6);
  gt_free_many(out, 2);
  CHECK_INT(3, gt_split(x, 1, 1, out, 4));
  CHECK_VALUES(out[2], 3, 6);
  gt_free_many(out, 3);
  CHECK_INT(-1, gt_split(x, -1, 1, out, 4));
  check_error(__FILE__, __LINE__, GT_ERROR, "non-negative");
  CHECK_INT(-1, gt_chunk(x, 0, 1, out, 4));
  CHECK_INT(-1, gt_chunk(0, 1, 0, out, 4));
  check_error(__FILE__, __LINE__, GT_VALUE, "null");
  CHECK_INT(-1, gt_split(0, 1, 0, out, 4));
  gt_free(x);
}

static void elements_are_picked_by_index(void) {
  gt_tensor x = six(), indices = LONGS(2, 0), wrong = LONGS(7), mask = gt_gt_scalar(x, REAL(3.5));
  gt_tensor pairs = SHAPED(LONGS(0, 2), 2, 1);
  EXPECT(gt_index_select(x, 1, indices), 3, 1, 6, 4);
  EXPECT(gt_gather(x, 1, pairs), 1, 6);
  EXPECT(gt_masked_select(x, mask), 4, 5, 6);
  CHECK_REFUSED(GT_ERROR, "bounds", gt_index_select(x, 1, wrong));
  CHECK_REFUSED(GT_VALUE, "null", gt_index_select(x, 1, 0));
  CHECK_REFUSED(GT_VALUE, "null", gt_gather(x, 1, 0));
  CHECK_REFUSED(GT_VALUE, "null", gt_masked_select(x, 0));
  gt_free_many(TENSORS(x, indices, wrong, mask, pairs));
}

static void tensors_are_joined(void) {
  gt_tensor a = FLOATS(1, 2), b = FLOATS(3, 4), c = FLOATS(5);
  EXPECT(gt_cat(TENSORS(a, b, c), 0), 1, 2, 3, 4, 5);
  EXPECT(gt_stack(TENSORS(a, b), 1), 1, 3, 2, 4);
  CHECK_REFUSED(GT_ERROR, "equal size", gt_stack(TENSORS(a, c), 0));
  CHECK(gt_cat(NULL, 0, 0) == 0);
  CHECK(gt_stack(NULL, 0, 0) == 0);
  gt_free_many(TENSORS(a, b, c));
}

static void layouts_change_and_elements_stay(void) {
  gt_tensor x = gt_zeros(LIST(2, 3, 4, 5), FLOAT_ON_CPU);
  gt_tensor last = gt_contiguous(x, CHANNELS_LAST);
  CHECK_INT(1, gt_is_contiguous(last, CHANNELS_LAST));
  CHECK_INT(0, gt_is_contiguous(last, CONTIGUOUS));
  gt_tensor kept = gt_clone(last, PRESERVE), plain = gt_clone(last, CONTIGUOUS);
  CHECK_INT(1, gt_is_contiguous(kept, CHANNELS_LAST));
  CHECK_INT(1, gt_is_contiguous(plain, CONTIGUOUS));
  gt_tensor same = gt_contiguous(x, CONTIGUOUS);
  CHECK_INT(x, same);
  gt_tensor flat = SHAPED(last, 120);
  CHECK_REFUSED(GT_ERROR, "rank 4", gt_contiguous(flat, CHANNELS_LAST));
  gt_free_many(TENSORS(x, kept, plain, same, flat));
}

static void dtypes_are_converted(void) {
  gt_tensor x = FLOATS(1.75f, -2.5f);
  gt_tensor integers = gt_to(x, I32, -1, -1, 0, 0, PRESERVE);
  CHECK_INT(I32, gt_dtype(integers));
  CHECK_VALUES(integers, 1, -2);
  gt_tensor half = gt_to(x, BF16, CPU, -1, 0, 0, PRESERVE);
  CHECK_INT(BF16, gt_dtype(half));
  gt_tensor same = gt_to(x, F32, -1, -1, 0, 0, PRESERVE), copy = gt_to(x, F32, -1, -1, 0, 1, PRESERVE);
  CHECK_INT(x, same);
  CHECK(copy != x);
  CHECK_VALUES(copy, 1.75, -2.5);
  CHECK_REFUSED(GT_VALUE, "null", gt_to(0, F32, -1, -1, 0, 0, PRESERVE));
  CHECK_REFUSED(GT_VALUE, "null", gt_contiguous(0, CONTIGUOUS));
  CHECK_REFUSED(GT_VALUE, "null", gt_clone(0, CONTIGUOUS));
  gt_free_many(TENSORS(x, integers, half, same, copy));
}

const test_case shapes_tests[] = {{"shapes change and elements stay", shapes_change_and_elements_stay},
                                  {"wrong shapes are refused", wrong_shapes_are_refused},
                                  {"parts of a tensor are views", parts_of_a_tensor_are_views},
                                  {"chunks and splits fill a list", chunks_and_splits_fill_a_list},
                                  {"elements are picked by index", elements_are_picked_by_index},
                                  {"tensors are joined", tensors_are_joined},
                                  {"layouts change and elements stay", layouts_change_and_elements_stay},
                                  {"dtypes are converted", dtypes_are_converted},
                                  {NULL, NULL}};
