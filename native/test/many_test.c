/* What one call does to many tensors. */
#include <math.h>

#include "check.h"

static gt_tensor with_gradient(gt_tensor parameter, gt_tensor gradient) {
  CHECK_OK(gt_set_requires_grad(parameter, 1));
  CHECK_OK(gt_set_grad(parameter, gradient));
  gt_free(gradient);
  return parameter;
}

static void clipping_scales_gradients_to_the_norm(void) {
  gt_tensor a = with_gradient(FLOATS(0), FLOATS(3)), b = with_gradient(FLOATS(0), FLOATS(4)),
            none = FLOATS(1);
  EXPECT(gt_grad_norm(TENSORS(a, b, none)), 5);
  EXPECT(gt_clip_grad_norm_(TENSORS(a, b, none), 1), 5);
  EXPECT(gt_grad(a), 3 / (5 + 1e-6));
  EXPECT(gt_grad(b), 4 / (5 + 1e-6));
  EXPECT(gt_clip_grad_norm_(TENSORS(a, b), 100), 5 / (5 + 1e-6));
  EXPECT(gt_grad(a), 3 / (5 + 1e-6));
  gt_free_many(TENSORS(a, b, none));
}

static void the_norm_of_nothing_is_zero(void) {
  gt_tensor none = FLOATS(1);
  EXPECT(gt_grad_norm(TENSORS(none)), 0);
  EXPECT(gt_clip_grad_norm_(NULL, 0, 1), 0);
  gt_free(none);
}

static void gradients_are_zeroed_or_removed(void) {
  gt_tensor a = with_gradient(FLOATS(0), FLOATS(3)), none = FLOATS(1);
  CHECK_OK(gt_zero_grads(TENSORS(a, none), 0));
  EXPECT(gt_grad(a), 0);
  CHECK_OK(gt_zero_grads(TENSORS(a, none), 1));
  CHECK_INT(0, gt_grad(a));
  gt_free_many(TENSORS(a, none));
}

static void lists_are_mixed_and_copied(void) {
  enum { N = 2 };
  gt_tensor averages[N] = {FLOATS(0, 0), FLOATS(10)}, weights[N] = {FLOATS(4, 8), requiring_grad(FLOATS(20))};
  CHECK_OK(gt_foreach_lerp_(averages, weights, N, 0.25));
  CHECK_VALUES(averages[0], 1, 2);
  CHECK_VALUES(averages[1], 12.5);
  CHECK_OK(gt_foreach_copy_(weights, averages, N));
  CHECK_VALUES(weights[0], 1, 2);
  CHECK_VALUES(weights[1], 12.5);
  CHECK_INT(1, gt_requires_grad(weights[1]));
  CHECK_INT(1, gt_is_leaf(weights[1]));
  gt_free_many(averages, N);
  gt_free_many(weights, N);
}

/* Two steps of AdamW by hand, with lr 0.1, betas 0.9 and 0.99, weight decay 0.5, eps 1e-8. */
static void adamw_takes_the_steps_of_its_formula(void) {
  enum { N = 2 };
  gt_tensor parameters[N] = {with_gradient(FLOATS(1), FLOATS(0.5f)), with_gradient(FLOATS(2), FLOATS(-4))};
  gt_tensor averages[N], squares[N], steps[N];
  double p[N] = {1, 2}, m[N] = {0, 0}, v[N] = {0, 0};
  const double g[N] = {0.5, -4};
  for (int i = 0; i < N; i++) {
    averages[i] = gt_zeros_like(parameters[i]);
    squares[i] = gt_zeros_like(parameters[i]);
    steps[i] = gt_zeros(NULL, 0, FLOAT_ON_CPU);
  }
  for (int step = 1; step <= 2; step++) {
    CHECK_OK(
        gt_adam_(parameters, averages, squares, NULL, steps, N, 0.1, 0, 0.9, 0.99, 1e-8, 0.5, 1, 0, 0, 0));
    for (int i = 0; i < N; i++) {
      p[i] -= 0.1 * 0.5 * p[i];
      m[i] = 0.9 * m[i] + 0.1 * g[i];
      v[i] = 0.99 * v[i] + 0.01 * g[i] * g[i];
      p[i] -= 0.1 * (m[i] / (1 - pow(0.9, step))) / (sqrt(v[i] / (1 - pow(0.99, step))) + 1e-8);
      CHECK_VALUES(parameters[i], p[i]);
      CHECK_VALUES(averages[i], m[i]);
      CHECK_VALUES(squares[i], v[i]);
      CHECK_VALUES(steps[i], step);
    }
  }
  gt_free_many(parameters, N);
  gt_free_many(averages, N);
  gt_free_many(squares, N);
  gt_free_many(steps, N);
}

/* The first step of Adam is as long as the rate. */
static void the_rate_of_a_step_may_be_a_tensor(void) {
  gt_tensor p = with_gradient(FLOATS(1), FLOATS(0.5f)), m = FLOATS(0), v = FLOATS(0);
  gt_tensor step = gt_zeros(NULL, 0, FLOAT_ON_CPU), two = FLOATS(1, 2);
  gt_tensor rate = gt_full(NULL, 0, REAL(0.25), F64, CPU, -1, 0);
  CHECK_OK(gt_adam_(&p, &m, &v, NULL, &step, 1, 99, rate, 0.9, 0.99, 1e-8, 0, 1, 0, 0, 0));
  CHECK_VALUES(p, 0.75);
  CHECK_STATUS(GT_VALUE, "learning rate is no single number",
               gt_adam_(&p, &m, &v, NULL, &step, 1, 99, two, 0.9, 0.99, 1e-8, 0, 1, 0, 0, 0));
  gt_free_many(TENSORS(p, m, v, step, rate, two));
}

static void the_weight_of_an_average_may_be_a_tensor(void) {
  gt_tensor average = FLOATS(1, 2), end = FLOATS(5, 10),
            weight = gt_full(NULL, 0, REAL(0.25), F64, CPU, -1, 0);
  CHECK_OK(gt_foreach_lerp_tensor_(&average, &end, 1, weight));
  CHECK_VALUES(average, 2, 4);
  CHECK_STATUS(GT_VALUE, "weight of an average is no single number",
               gt_foreach_lerp_tensor_(&average, &end, 1, end));
  CHECK_STATUS(GT_VALUE, "null", gt_foreach_lerp_tensor_(&average, &end, 1, 0));
  gt_free_many(TENSORS(average, end, weight));
}

static void adamw_leaves_parameters_without_gradient_alone(void) {
  gt_tensor p = FLOATS(1), m = FLOATS(0), v = FLOATS(0), step = gt_zeros(NULL, 0, FLOAT_ON_CPU);
  CHECK_OK(gt_adam_(&p, &m, &v, NULL, &step, 1, 0.1, 0, 0.9, 0.99, 1e-8, 0.5, 1, 0, 0, 0));
  CHECK_VALUES(p, 1);
  CHECK_VALUES(step, 0);
  gt_free_many(TENSORS(p, m, v, step));
}

/* A kernel would read 3 numbers where the expanded gradient has 1, or write past the end of a short state. */
static void optimizers_do_not_trust_layouts(void) {
  gt_tensor p = requiring_grad(FLOATS(1, 2, 3)), one = FLOATS(0.5f), m = FLOATS(0, 0, 0), step = FLOATS(0);
  const int64_t three = 3;
  gt_tensor gradient = gt_expand(one, &three, 1);
  CHECK_OK(gt_set_grad(p, gradient));
  CHECK_OK(gt_sgd_(&p, &m, &step, 1, 2, 0.5, 0, 0, 0, 0, 0, 0));
  CHECK_VALUES(p, 0, 1, 2);
  CHECK_VALUES(m, 0.5, 0.5, 0.5);
  CHECK_STATUS(GT_VALUE, "differ in shape", gt_sgd_(&p, &one, &step, 1, 2, 0.5, 0, 0, 0, 0, 0, 0));
  CHECK_STATUS(GT_VALUE, "step", gt_sgd_(&p, &m, &m, 1, 2, 0.5, 0, 0, 0, 0, 0, 0));
  CHECK_STATUS(GT_VALUE, "step", gt_adam_(&p, &m, &m, NULL, &m, 1, 2, 0, 0.9, 0.99, 0, 0, 0, 0, 0, 0));
  CHECK_STATUS(GT_VALUE, "null", gt_sgd_(&p, NULL, &step, 1, 2, 0.5, 0, 0, 0, 0, 0, 0));
  CHECK_STATUS(GT_VALUE, "null", gt_adam_(&p, &m, NULL, NULL, &step, 1, 2, 0, 0.9, 0.99, 0, 0, 0, 0, 0, 0));
  CHECK_STATUS(GT_VALUE, "null", gt_rmsprop_(&p, &m, NULL, NULL, &step, 1, 2, 0.9, 0, 0, 0.5, 0));
  gt_tensor overlapping = gt_detach(gradient);
  CHECK_OK(gt_set_requires_grad(overlapping, 1));
  CHECK_OK(gt_set_grad(overlapping, m));
  CHECK_STATUS(GT_VALUE, "gaps or overlaps", gt_sgd_(&overlapping, NULL, NULL, 1, 2, 0, 0, 0, 0, 0, 0, 0));
  gt_free_many(TENSORS(p, one, m, step, gradient, overlapping));
}

static void lists_with_holes_are_refused(void) {
  gt_tensor a = FLOATS(1);
  const gt_tensor hole[] = {0};
  CHECK_REFUSED(GT_VALUE, "null", gt_grad_norm(hole, 1));
  CHECK_REFUSED(GT_VALUE, "null", gt_clip_grad_norm_(hole, 1, 1));
  CHECK_STATUS(GT_VALUE, "null", gt_zero_grads(hole, 1, 1));
  CHECK_STATUS(GT_VALUE, "null", gt_foreach_lerp_(&a, hole, 1, 0.5));
  CHECK_STATUS(GT_VALUE, "null", gt_foreach_copy_(hole, &a, 1));
  CHECK_STATUS(GT_VALUE, "null",
               gt_adam_(&a, &a, &a, NULL, hole, 1, 0.1, 0, 0.9, 0.99, 1e-8, 0.5, 1, 0, 0, 0));
  gt_free(a);
}

/* A step of Adam with nothing but a rate of 0.1: by 0.1 against the sign of the gradient, the first time. */
static int32_t scaled_step(gt_tensor p, gt_tensor step, gt_tensor scale, gt_tensor found) {
  gt_tensor m = FLOATS(0, 0), v = FLOATS(0, 0);
  const int32_t status = gt_adam_(&p, &m, &v, NULL, &step, 1, 0.1, 0, 0.9, 0.99, 1e-8, 0, 1, 0, scale, found);
  gt_free_many(TENSORS(m, v));
  return status;
}

static void a_step_divides_by_the_scale_or_is_left_out(void) {
  gt_tensor p = requiring_grad(FLOATS(1, 1)), gradient = FLOATS(8, -16), step = FLOATS(0);
  gt_tensor scale = FLOATS(4), yes = FLOATS(1), no = FLOATS(0), two = FLOATS(1, 2), whole = LONGS(1);
  CHECK_OK(gt_set_grad(p, gradient));
  CHECK_OK(scaled_step(p, step, scale, yes));
  CHECK_VALUES(p, 1, 1);
  CHECK_VALUES(step, 0);
  CHECK_VALUES(gradient, 8, -16);
  CHECK_OK(scaled_step(p, step, scale, no));
  CHECK_VALUES(p, 0.9, 1.1);
  CHECK_VALUES(step, 1);
  CHECK_VALUES(gradient, 2, -4);
  CHECK_STATUS(GT_VALUE, "grad_scale is no float32", scaled_step(p, step, two, no));
  CHECK_STATUS(GT_VALUE, "found_inf is no float32", scaled_step(p, step, scale, whole));
  CHECK_STATUS(GT_VALUE, "found_inf is no float32", gt_sgd_(&p, NULL, NULL, 1, 1, 0, 0, 0, 0, 0, 0, whole));
  CHECK_OK(gt_sgd_(&p, NULL, NULL, 1, 1, 0, 0, 0, 0, 0, scale, no));
  CHECK_VALUES(p, 0.4, 2.1);
  gt_free_many(TENSORS(p, gradient, step, scale, yes, no, two, whole));
}

const test_case many_tests[] = {
    {"clipping scales gradients to the norm", clipping_scales_gradients_to_the_norm},
    {"the norm of nothing is zero", the_norm_of_nothing_is_zero},
    {"gradients are zeroed or removed", gradients_are_zeroed_or_removed},
    {"lists are mixed and copied", lists_are_mixed_and_copied},
    {"AdamW takes the steps of its formula", adamw_takes_the_steps_of_its_formula},
    {"the rate of a step may be a tensor", the_rate_of_a_step_may_be_a_tensor},
    {"the weight of an average may be a tensor", the_weight_of_an_average_may_be_a_tensor},
    {"AdamW leaves parameters without gradient alone", adamw_leaves_parameters_without_gradient_alone},
    {"optimizers do not trust layouts", optimizers_do_not_trust_layouts},
    {"lists with holes are refused", lists_with_holes_are_refused},
    {"a step divides by the scale or is left out", a_step_divides_by_the_scale_or_is_left_out},
    {NULL, NULL}};
