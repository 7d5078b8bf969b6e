/* Gradients, the modes of the thread, autocasting. */
#include "check.h"

static void backward_leaves_gradients_in_the_leaves(void) {
  gt_tensor x = requiring_grad(FLOATS(1, 2, 3));
  gt_tensor squares = gt_square(x), sum = gt_sum(squares, NULL, 0, 0);
  CHECK_OK(gt_backward(sum, 0, 0, 0));
  EXPECT(gt_grad(x), 2, 4, 6);
  gt_free_many(TENSORS(x, squares, sum));
}

static void gradients_add_up(void) {
  gt_tensor x = requiring_grad(FLOATS(3));
  for (int i = 0; i < 2; i++) {
    gt_tensor y = gt_square(x);
    CHECK_OK(gt_backward(y, 0, 0, 0));
    gt_free(y);
  }
  EXPECT(gt_grad(x), 12);
  CHECK_OK(gt_set_grad(x, 0));
  CHECK_INT(0, gt_grad(x));
  gt_free(x);
}

static void no_gradient_is_no_error(void) {
  gt_tensor x = FLOATS(1);
  gt_free(gt_select(x, 9, 9));
  CHECK_INT(0, gt_grad(x));
  CHECK_INT(GT_OK, gt_last_error_code());
  CHECK_REFUSED(GT_VALUE, "null", gt_grad(0));
  gt_free(x);
}

static void a_gradient_is_set_and_weighs_the_output(void) {
  gt_tensor x = requiring_grad(FLOATS(1, 2)), weights = FLOATS(10, 100), y = gt_square(x);
  CHECK_OK(gt_set_grad(x, weights));
  EXPECT(gt_grad(x), 10, 100);
  CHECK_OK(gt_set_grad(x, 0));
  CHECK_STATUS(GT_ERROR, "scalar outputs", gt_backward(y, 0, 0, 0));
  CHECK_OK(gt_backward(y, weights, 0, 0));
  EXPECT(gt_grad(x), 20, 400);
  CHECK_STATUS(GT_VALUE, "null", gt_set_grad(0, weights));
  gt_free_many(TENSORS(x, weights, y));
}

static void a_graph_is_used_once_unless_retained(void) {
  gt_tensor x = requiring_grad(FLOATS(3)), y = gt_square(x);
  CHECK_OK(gt_backward(y, 0, 1, 0));
  CHECK_OK(gt_backward(y, 0, 0, 0));
  CHECK_STATUS(GT_ERROR, "second time", gt_backward(y, 0, 0, 0));
  gt_free_many(TENSORS(x, y));
}

static void backward_of_a_constant_is_an_error(void) {
  gt_tensor x = FLOATS(3);
  CHECK_STATUS(GT_ERROR, "does not require grad", gt_backward(x, 0, 0, 0));
  CHECK_STATUS(GT_VALUE, "null", gt_backward(0, 0, 0, 0));
  gt_free(x);
}

static void gradients_of_chosen_inputs_are_returned(void) {
  gt_tensor x = requiring_grad(FLOATS(3)), unused = requiring_grad(FLOATS(1)), y = gt_square(x),
            out[2] = {0, 0};
  CHECK_OK(gt_autograd_grad(y, 0, TENSORS(x, unused), 1, 1, 1, out));
  CHECK_VALUES(out[0], 6);
  CHECK_INT(0, out[1]);
  CHECK_INT(1, gt_requires_grad(out[0]));
  CHECK_INT(0, gt_grad(x));
  gt_tensor second[1] = {0};
  CHECK_OK(gt_autograd_grad(out[0], 0, TENSORS(x), 0, 0, 0, second));
  CHECK_VALUES(second[0], 2);
  gt_free_many(TENSORS(out[0], second[0]));
  CHECK_STATUS(GT_ERROR, "to not have been used", gt_autograd_grad(y, 0, TENSORS(x, unused), 1, 0, 0, out));
  CHECK_STATUS(GT_VALUE, "null", gt_autograd_grad(0, 0, TENSORS(x), 0, 0, 0, out));
  CHECK_STATUS(GT_VALUE, "null", gt_autograd_grad(y, 0, TENSORS(0), 0, 0, 0, out));
  CHECK_STATUS(GT_VALUE, "null", gt_autograd_grad(y, 0, TENSORS(x), 0, 0, 0, NULL));
  gt_free_many(TENSORS(x, unused, y));
}

static void recording_stops_where_it_is_off(void) {
  gt_tensor x = requiring_grad(FLOATS(3));
  CHECK_INT(1, gt_grad_enabled());
  CHECK_INT(1, gt_set_grad_enabled(0));
  gt_tensor y = gt_square(x);
  CHECK_INT(0, gt_requires_grad(y));
  CHECK_INT(0, gt_set_grad_enabled(1));
  CHECK_INT(1, gt_grad_enabled());
  gt_tensor detached = gt_detach(x);
  CHECK_INT(0, gt_requires_grad(detached));
  gt_free_many(TENSORS(x, y, detached));
}

static void only_leaves_change_whether_they_require_gradients(void) {
  gt_tensor x = requiring_grad(FLOATS(3)), y = gt_square(x), integers = LONGS(1);
  CHECK_STATUS(GT_ERROR, "leaf", gt_set_requires_grad(y, 0));
  CHECK_STATUS(GT_ERROR, "floating point", gt_set_requires_grad(integers, 1));
  CHECK_STATUS(GT_VALUE, "null", gt_set_requires_grad(0, 1));
  gt_free_many(TENSORS(x, y, integers));
}

static void autocast_runs_products_in_the_dtype(void) {
  gt_tensor a = gt_ones(LIST(2, 2), FLOAT_ON_CPU);
  const int64_t outer = gt_autocast_enter(CPU, 1, BF16);
  gt_tensor low = gt_mm(a, a);
  CHECK_INT(BF16, gt_dtype(low));
  const int64_t inner = gt_autocast_enter(CPU, 0, BF16);
  gt_tensor full = gt_mm(a, a);
  CHECK_INT(F32, gt_dtype(full));
  CHECK_OK(gt_autocast_exit(CPU, inner));
  gt_tensor again = gt_mm(a, a);
  CHECK_INT(BF16, gt_dtype(again));
  CHECK_OK(gt_autocast_exit(CPU, outer));
  gt_tensor after = gt_mm(a, a);
  CHECK_INT(F32, gt_dtype(after));
  gt_free_many(TENSORS(a, low, full, again, after));
}

static void autocast_refuses_what_is_none(void) {
  CHECK_INT(-1, gt_autocast_enter(99, 1, BF16));
  check_error(__FILE__, __LINE__, GT_VALUE, "device type code 99");
  CHECK_INT(-1, gt_autocast_enter(CPU, 1, 999));
  check_error(__FILE__, __LINE__, GT_VALUE, "dtype code 999");
  gt_tensor a = gt_ones(LIST(2, 2), FLOAT_ON_CPU), product = gt_mm(a, a);
  CHECK_INT(F32, gt_dtype(product));
  gt_free_many(TENSORS(a, product));
}

const test_case autograd_tests[] = {
    {"backward leaves gradients in the leaves", backward_leaves_gradients_in_the_leaves},
    {"gradients add up", gradients_add_up},
    {"no gradient is no error", no_gradient_is_no_error},
    {"a gradient is set and weighs the output", a_gradient_is_set_and_weighs_the_output},
    {"a graph is used once unless retained", a_graph_is_used_once_unless_retained},
    {"backward of a constant is an error", backward_of_a_constant_is_an_error},
    {"gradients of chosen inputs are returned", gradients_of_chosen_inputs_are_returned},
    {"recording stops where it is off", recording_stops_where_it_is_off},
    {"only leaves change whether they require gradients", only_leaves_change_whether_they_require_gradients},
    {"autocast runs products in the dtype", autocast_runs_products_in_the_dtype},
    {"autocast refuses what is none", autocast_refuses_what_is_none},
    {NULL, NULL}};
