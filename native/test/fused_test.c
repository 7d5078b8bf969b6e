/* Fused operators, against ATen's single ones; run once for each kind of processor (CMakeLists.txt). */
#include <stdio.h>

#include "check.h"

static gt_generator generator;

static gt_tensor randn(const int64_t* sizes, int64_t count) {
  gt_tensor tensor = gt_empty(sizes, count, FLOAT_ON_CPU);
  CHECK_OK(gt_normal_(tensor, 0.5, 1, generator));
  return tensor;
}

/* A leaf of another dtype; the handle stays the caller's. */
static gt_tensor leaf(gt_tensor from, int32_t dtype) {
  gt_tensor detached = gt_detach(from), converted = gt_to(detached, dtype, -1, -1, 0, 1, PRESERVE);
  gt_free(detached);
  return requiring_grad(converted);
}

static gt_tensor spread(gt_tensor each) {
  gt_tensor three = gt_unsqueeze(each, 2), four = gt_unsqueeze(three, 3);
  gt_free(three);
  return four;
}

/* silu(norm(x + added) (1 + s) + t), in the order of x, weight, bias, added, scale and shift. */
static gt_tensor composite(const gt_tensor* of, int64_t groups, int silu) {
  gt_tensor parts[2], made[8];
  gt_tensor scale_shift = spread(of[4]);
  CHECK_INT(2, gt_chunk(scale_shift, 2, 1, parts, 2));
  made[0] = spread(of[3]);
  made[1] = gt_add(of[0], made[0]);
  made[2] = gt_group_norm(made[1], groups, of[1], of[2], 1e-5);
  made[3] = gt_add_scalar(parts[0], INTEGER(1));
  made[4] = gt_mul(made[2], made[3]);
  made[5] = gt_add(made[4], parts[1]);
  gt_tensor result = silu ? gt_silu(made[5]) : gt_clone(made[5], PRESERVE);
  gt_free_many(made, 6);
  gt_free_many(parts, 2);
  gt_free(scale_shift);
  return result;
}

/* The greatest difference, as a part of the greatest number. */
static double difference(gt_tensor found, gt_tensor expected) {
  gt_tensor exact = gt_to(found, F64, -1, -1, 0, 0, PRESERVE), apart = gt_sub(exact, expected);
  gt_tensor size = gt_abs(apart), whole = gt_abs(expected);
  double most = number(gt_max(size)), of = number(gt_max(whole));
  gt_free_many(TENSORS(exact, apart, size, whole));
  return most / (of > 0.1 ? of : 0.1);
}

static void backward(gt_tensor y, gt_tensor slope) {
  gt_tensor given = gt_to(slope, gt_dtype(y), -1, -1, 0, 0, PRESERVE);
  CHECK_OK(gt_backward(y, given, 0, 0));
  gt_free(given);
}

static void compare(const int64_t* sizes, int64_t groups, int32_t dtype, int32_t format, int silu,
                    double allowed) {
  const int64_t channels = sizes[1], twice[] = {sizes[0], 2 * channels};
  gt_tensor floats[5] = {randn(sizes, 4), randn(&channels, 1), randn(&channels, 1), randn(sizes, 2),
                         randn(twice, 2)};
  gt_tensor given[5], exact[5];
  gt_tensor laid_out = gt_contiguous(floats[0], format), slope = gt_randn_like(floats[0], generator);
  for (int i = 0; i < 5; i++) {
    const int32_t type = i == 0 || dtype == F64 ? dtype : F32;
    given[i] = leaf(i == 0 ? laid_out : floats[i], type);
    exact[i] = leaf(given[i], F64);
  }
  gt_tensor passed = 0;
  gt_tensor y =
      gt_fused_group_norm(given[0], groups, given[1], given[2], 1e-5, given[3], given[4], silu, &passed);
  gt_tensor expected = composite(exact, groups, silu);
  CHECK(y != 0 && passed != 0);
  CHECK_INT(gt_is_contiguous(given[0], format), gt_is_contiguous(y, format));
  double worst = difference(y, expected);
  backward(y, slope);
  backward(expected, slope);
  for (int i = 0; i < 5; i++) {
    gt_tensor gradient = gt_grad(given[i]), right = gt_grad(exact[i]);
    const double off = difference(gradient, right);
    worst = off > worst ? off : worst;
    gt_free_many(TENSORS(gradient, right));
  }
  if (worst > allowed) {
    fail_at(__FILE__, __LINE__, "(%lld, %lld, %lld, %lld) in %lld groups, dtype %d, format %d: off by %g",
            (long long)sizes[0], (long long)sizes[1], (long long)sizes[2], (long long)sizes[3],
            (long long)groups, (int)dtype, (int)format, worst);
  }
  gt_free_many(TENSORS(laid_out, slope, y, passed, expected));
  gt_free_many(floats, 5);
  gt_free_many(given, 5);
  gt_free_many(exact, 5);
}

static void group_norm_is_that_of_single_operators(void) {
  /* Rows of whole vectors, of parts of one, and of both; images of one piece and of several. */
  static const int64_t sizes[][5] = {{2, 4, 3, 3, 2},    {1, 6, 1, 2, 3},    {3, 17, 5, 7, 1},
                                     {2, 32, 4, 4, 8},   {1, 75, 6, 5, 15},  {2, 128, 3, 3, 8},
                                     {1, 64, 40, 40, 8}, {1, 3, 200, 200, 1}};
  static const struct {
    int32_t dtype;
    double allowed;
  } types[] = {{F32, 2e-5}, {F64, 1e-12}, {BF16, 3e-2}};
  generator = gt_generator_new(CPU, -1, 5);
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++) {
      for (int how = 0; how < 4; how++) {
        compare(sizes[i], sizes[i][4], types[k].dtype, how < 2 ? CONTIGUOUS : CHANNELS_LAST, how % 2,
                types[k].allowed);
      }
    }
  }
  gt_generator_free(generator);
}

static void kernels_are_where_they_were_built(void) {
  CHECK_INT(1, gt_has_fused_group_norm(CPU));
  CHECK_INT(0, gt_has_fused_group_norm(77));
  /* In a build for CUDA without nvcc there are none. */
  CHECK(gt_cuda_is_built() || gt_has_fused_group_norm(CUDA) == 0);
}

static void what_does_not_fit_is_refused(void) {
  gt_tensor x = gt_ones(LIST(2, 4, 3, 3), FLOAT_ON_CPU), three = FLOATS(1, 2, 3);
  CHECK_REFUSED(GT_VALUE, "divide the 4 channels, is 3",
                gt_fused_group_norm(x, 3, 0, 0, 1e-5, 0, 0, 1, NULL));
  CHECK_REFUSED(GT_VALUE, "weight must be [4], is [3]",
                gt_fused_group_norm(x, 2, three, 0, 1e-5, 0, 0, 1, NULL));
  CHECK_REFUSED(GT_VALUE, "at least 2 dimensions", gt_fused_group_norm(three, 1, 0, 0, 1e-5, 0, 0, 1, NULL));
  CHECK_REFUSED(GT_VALUE, "null", gt_fused_group_norm(0, 1, 0, 0, 1e-5, 0, 0, 1, NULL));
  gt_free_many(TENSORS(x, three));
}

const test_case fused_tests[] = {
    {"group norm is that of single operators", group_norm_is_that_of_single_operators},
    {"kernels are where they were built", kernels_are_where_they_were_built},
    {"what does not fit is refused", what_does_not_fit_is_refused},
    {NULL, NULL},
};
