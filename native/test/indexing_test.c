/* self[indices]; the table of what Python answers is in the Java tests. */
#include <string.h>

#include "check.h"

#define AT(position) GT_INDEX_AT, position, 0, 0
#define RANGE(start, end, step) GT_INDEX_RANGE, start, end, step
#define ALL RANGE(INT64_MIN, INT64_MIN, 1)
#define NEW_AXIS GT_INDEX_NEW_AXIS, 0, 0, 0
#define ELLIPSIS GT_INDEX_ELLIPSIS, 0, 0, 0
#define TENSOR(handle) GT_INDEX_TENSOR, handle, 0, 0
#define INDICES(...) (const int64_t[]){__VA_ARGS__}, (int64_t)(COUNT(__VA_ARGS__) / GT_INDEX_NUMBERS)

static gt_tensor six(void) { return SHAPED(FLOATS(1, 2, 3, 4, 5, 6), 2, 3); }

static void positions_and_ranges_give_views(void) {
  gt_tensor x = six();
  EXPECT(gt_get_at(x, LIST(1)), 4, 5, 6);
  EXPECT(gt_get_at(x, LIST(-1, 0)), 4);
  EXPECT(gt_get_item(x, INDICES(ALL, AT(-1))), 3, 6);
  EXPECT(gt_get_item(x, INDICES(ELLIPSIS, RANGE(0, INT64_MIN, 2))), 1, 3, 4, 6);
  EXPECT_SHAPE(gt_get_item(x, INDICES(NEW_AXIS, AT(0), NEW_AXIS)), 1, 1, 3);
  gt_tensor row = gt_get_item(x, INDICES(AT(0), RANGE(1, 3, 1)));
  CHECK_OK(gt_fill_scalar_(row, REAL(0)));
  CHECK_VALUES(x, 1, 0, 0, 4, 5, 6);
  gt_free(row);
  gt_free(x);
}

static void views_that_need_a_gradient_say_how_they_were_made(void) {
  gt_tensor x = requiring_grad(six()), y = gt_get_item(x, INDICES(AT(1), RANGE(0, 2, 1)));
  CHECK_VALUES(y, 4, 5);
  CHECK(strcmp(gt_grad_fn_name(y), "SliceBackward0") == 0);
  CHECK(strcmp(gt_grad_fn_name(x), "") == 0);
  gt_free(x);
  gt_free(y);
}

static void tensors_among_the_indices_give_copies(void) {
  gt_tensor x = six(), picks = LONGS(2, 0), mask = gt_gt_scalar(x, REAL(3.5));
  EXPECT(gt_get_item(x, INDICES(ALL, TENSOR(picks))), 3, 1, 6, 4);
  EXPECT(gt_get_item(x, INDICES(TENSOR(mask))), 4, 5, 6);
  EXPECT_SHAPE(gt_get_item(x, INDICES(GT_INDEX_BOOL, 1, 0, 0)), 1, 2, 3);
  gt_free_many(TENSORS(x, picks, mask));
}

static void elements_are_set(void) {
  gt_tensor x = six(), picks = LONGS(2, 0), pair = FLOATS(8, 9), mask = gt_gt_scalar(x, REAL(4.5));
  CHECK_OK(gt_set_item_scalar(x, INDICES(AT(0), ALL), INTEGER(7)));
  CHECK_VALUES(x, 7, 7, 7, 4, 5, 6);
  CHECK_OK(gt_set_item(x, INDICES(AT(0), TENSOR(picks)), pair));
  CHECK_VALUES(x, 9, 7, 8, 4, 5, 6);
  CHECK_OK(gt_set_item_scalar(x, INDICES(TENSOR(mask)), REAL(0)));
  CHECK_VALUES(x, 9, 7, 8, 4, 0, 0);
  gt_free_many(TENSORS(x, picks, pair, mask));
}

static void wrong_indices_are_refused(void) {
  gt_tensor x = six(), pair = FLOATS(8, 9);
  CHECK_REFUSED(GT_INDEX, "out of bounds", gt_get_at(x, LIST(2)));
  CHECK_REFUSED(GT_INDEX, "out of bounds", gt_get_item(x, INDICES(ALL, AT(-4))));
  CHECK_REFUSED(GT_INDEX, "too many indices", gt_get_at(x, LIST(0, 0, 0)));
  CHECK_REFUSED(GT_VALUE, "step cannot be zero", gt_get_item(x, INDICES(RANGE(0, 1, 0))));
  CHECK_REFUSED(GT_VALUE, "greater than zero", gt_get_item(x, INDICES(RANGE(0, 1, -1))));
  CHECK_REFUSED(GT_VALUE, "index kind 9", gt_get_item(x, INDICES(9, 0, 0, 0)));
  CHECK_REFUSED(GT_VALUE, "null", gt_get_item(x, INDICES(TENSOR(0))));
  CHECK_REFUSED(GT_VALUE, "null", gt_get_item(x, NULL, 1));
  CHECK_REFUSED(GT_VALUE, "-1", gt_get_at(x, NULL, -1));
  CHECK_REFUSED(GT_VALUE, "null", gt_get_at(0, LIST(0)));
  CHECK_STATUS(GT_ERROR, "must match the existing size", gt_set_item(x, INDICES(AT(0)), pair));
  CHECK_STATUS(GT_INDEX, "out of bounds", gt_set_item_scalar(x, INDICES(AT(5)), REAL(0)));
  CHECK_STATUS(GT_VALUE, "null", gt_set_item(x, INDICES(AT(0)), 0));
  gt_free(x);
  gt_free(pair);
}

static void edges_are_the_ends_of_long_dimensions(void) {
  gt_tensor line = gt_arange(INTEGER(0), INTEGER(10), INTEGER(1), I64, CPU, -1, 0);
  EXPECT(gt_edges(line, 2, F64), 0, 1, 8, 9);
  EXPECT(gt_edges(line, 5, F64), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
  EXPECT_SHAPE(gt_edges(line, 0, F64), 0);
  CHECK_REFUSED(GT_VALUE, "-1", gt_edges(line, -1, F64));
  gt_tensor square = SHAPED(gt_arange(INTEGER(0), INTEGER(16), INTEGER(1), I64, CPU, -1, 0), 4, 4);
  EXPECT(gt_edges(square, 1, I64), 0, 3, 12, 15);
  CHECK(strcmp(gt_layout_name(square), "strided") == 0);
  gt_free(line);
  gt_free(square);
}

const test_case indexing_tests[] = {
    {"positions and ranges give views", positions_and_ranges_give_views},
    {"views that need a gradient say how they were made", views_that_need_a_gradient_say_how_they_were_made},
    {"tensors among the indices give copies", tensors_among_the_indices_give_copies},
    {"elements are set", elements_are_set},
    {"wrong indices are refused", wrong_indices_are_refused},
    {"edges are the ends of long dimensions", edges_are_the_ends_of_long_dimensions},
    {NULL, NULL}};
