/* Element by element, for every function of each list in the header, against the C library. */
#include <math.h>

#include "check.h"

/* One function an operator: a new operator in the header does not compile without one here. */
static double ref_neg(double x) { return -x; }
static double ref_abs(double x) { return fabs(x); }
static double ref_sign(double x) { return (x > 0) - (x < 0); }
static double ref_rsqrt(double x) { return 1 / sqrt(x); }
static double ref_square(double x) { return x * x; }
static double ref_reciprocal(double x) { return 1 / x; }
static double ref_sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double ref_round(double x) { return rint(x); }
static double ref_relu(double x) { return x > 0 ? x : 0; }
static double ref_silu(double x) { return x * ref_sigmoid(x); }
static double ref_logical_not(double x) { return x == 0; }
static double ref_isnan(double x) { return isnan(x) != 0; }
static double ref_isinf(double x) { return isinf(x) != 0; }
static double ref_isfinite(double x) { return isfinite(x) != 0; }
static double ref_detach(double x) { return x; }
static double ref_zero(double x) {
  (void)x;
  return 0;
}
#define ref_exp exp
#define ref_expm1 expm1
#define ref_log log
#define ref_log1p log1p
#define ref_log2 log2
#define ref_sqrt sqrt
#define ref_sin sin
#define ref_cos cos
#define ref_tan tan
#define ref_asin asin
#define ref_acos acos
#define ref_atan atan
#define ref_sinh sinh
#define ref_cosh cosh
#define ref_tanh tanh
#define ref_erf erf
#define ref_floor floor
#define ref_ceil ceil
#define ref_trunc trunc
/* Not element by element; tested below. */
#define ref_all NULL
#define ref_any NULL
#define ref_max NULL
#define ref_min NULL
#define ref_nonzero NULL

typedef double (*real_function)(double);

enum { N = 6 };
static const float inputs[N] = {-1.5f, -0.5f, 0, 0.25f, 0.875f, 2.5f};

static void check_unary(const char* name, gt_tensor result, real_function reference) {
  double expected[N];
  for (int i = 0; i < N; i++) expected[i] = reference((double)inputs[i]);
  check_values(name, 0, result, expected, N, 1e-5);
}

static void every_unary_operator_equals_the_c_library(void) {
  gt_tensor x = make_floats(inputs, N);
  real_function reference;
#define CASE(name)                    \
  reference = ref_##name;             \
  if (reference != NULL) {            \
    gt_tensor y = gt_##name(x);       \
    check_unary(#name, y, reference); \
    gt_free(y);                       \
  }                                   \
  CHECK_REFUSED(GT_VALUE, "null", gt_##name(0));
  GT_UNARY_OPS(CASE)
#undef CASE
  CHECK_VALUES(x, -1.5, -0.5, 0, 0.25, 0.875, 2.5);
  gt_free(x);
}

static void every_unary_operator_in_place_equals_the_c_library(void) {
#define CASE(name)                                   \
  {                                                  \
    gt_tensor x = make_floats(inputs, N);            \
    CHECK_OK(gt_##name##_(x));                       \
    check_unary(#name "_", x, ref_##name);           \
    gt_free(x);                                      \
    CHECK_STATUS(GT_VALUE, "null", gt_##name##_(0)); \
  }
  GT_UNARY_INPLACE_OPS(CASE)
#undef CASE
}

static void whole_tensors_are_asked(void) {
  gt_tensor x = FLOATS(0, 3, -2), yes = FLOATS(1, 2);
  EXPECT(gt_all(x), 0);
  EXPECT(gt_all(yes), 1);
  EXPECT(gt_any(x), 1);
  EXPECT(gt_max(x), 3);
  EXPECT(gt_min(x), -2);
  EXPECT(gt_nonzero(x), 1, 2);
  gt_free(x);
  gt_free(yes);
}

/* a = (6, -2), b = (4, 3); the products of vectors and matrices are tested below. */
static const struct {
  double first, second;
} add_values = {10, 1}, sub_values = {2, -5}, mul_values = {24, -6}, div_values = {1.5, -2.0 / 3},
  pow_values = {1296, -8}, remainder_values = {2, 1}, eq_values = {0, 0}, ne_values = {1, 1},
  lt_values = {0, 1}, le_values = {0, 1}, gt_values = {1, 0}, ge_values = {1, 0}, maximum_values = {6, 3},
  minimum_values = {4, -2}, atan2_values = {0.982793723247329, -0.5880026035475675},
  logical_and_values = {1, 1}, logical_or_values = {1, 1}, logical_xor_values = {0, 0},
  matmul_values = {18, 18}, mm_values = {NAN, NAN}, bmm_values = {NAN, NAN}, dot_values = {18, 18},
  outer_values = {NAN, NAN};

static void every_binary_operator_has_its_values(void) {
  gt_tensor a = FLOATS(6, -2), b = FLOATS(4, 3);
#define CASE(name)                                                       \
  {                                                                      \
    if (!isnan(name##_values.first)) {                                   \
      gt_tensor c = gt_##name(a, b);                                     \
      const double both[] = {name##_values.first, name##_values.second}; \
      check_values(#name, 0, c, both, (size_t)gt_numel(c), 1e-5);        \
      gt_free(c);                                                        \
    }                                                                    \
    CHECK_REFUSED(GT_VALUE, "null", gt_##name(a, 0));                    \
    CHECK_REFUSED(GT_VALUE, "null", gt_##name(0, b));                    \
  }
  GT_BINARY_OPS(CASE)
#undef CASE
  gt_free(a);
  gt_free(b);
}

static void products_of_matrices(void) {
  gt_tensor a = SHAPED(FLOATS(1, 2, 3, 4), 2, 2), v = FLOATS(1, 10), batch = gt_unsqueeze(a, 0);
  EXPECT(gt_mm(a, a), 7, 10, 15, 22);
  EXPECT(gt_matmul(a, v), 21, 43);
  EXPECT_SHAPE(gt_bmm(batch, batch), 1, 2, 2);
  EXPECT(gt_bmm(batch, batch), 7, 10, 15, 22);
  EXPECT(gt_outer(v, v), 1, 10, 10, 100);
  CHECK_REFUSED(GT_ERROR, "matri", gt_mm(a, v));
  gt_free_many(TENSORS(a, v, batch));
}

static void every_operator_with_a_scalar_equals_the_one_with_a_tensor(void) {
  gt_tensor a = FLOATS(6, -2, 3), three = FLOATS(3, 3, 3);
#define CASE(name)                                                           \
  {                                                                          \
    gt_tensor expected = gt_##name(a, three);                                \
    gt_tensor real = gt_##name##_scalar(a, REAL(3));                         \
    gt_tensor integer = gt_##name##_scalar(a, INTEGER(3));                   \
    gt_tensor same = gt_eq(expected, real), also = gt_eq(expected, integer); \
    EXPECT(gt_all(same), 1);                                                 \
    EXPECT(gt_all(also), 1);                                                 \
    gt_free_many(TENSORS(expected, real, integer, same, also));              \
    CHECK_REFUSED(GT_VALUE, "null", gt_##name##_scalar(0, REAL(3)));         \
  }
  GT_BINARY_SCALAR_OPS(CASE)
#undef CASE
  gt_free(a);
  gt_free(three);
}

/* The result of an operator in place is that of the operator; copy and fill have none. */
static gt_tensor gt_copy(gt_tensor self, gt_tensor other) {
  (void)self;
  return gt_share(other);
}
static gt_tensor gt_fill_scalar(gt_tensor self, GT_SCALAR(value)) {
  return gt_full(LIST(gt_numel(self)), value_kind, value_bits, FLOAT_ON_CPU);
}

static void every_operator_in_place_equals_the_other(void) {
  gt_tensor b = FLOATS(4, 3);
#define CASE(name)                                      \
  {                                                     \
    gt_tensor a = FLOATS(6, -2);                        \
    gt_tensor expected = gt_##name(a, b);               \
    CHECK_OK(gt_##name##_(a, b));                       \
    gt_tensor same = gt_eq(expected, a);                \
    EXPECT(gt_all(same), 1);                            \
    gt_free_many(TENSORS(a, expected, same));           \
    CHECK_STATUS(GT_VALUE, "null", gt_##name##_(0, b)); \
    CHECK_STATUS(GT_VALUE, "null", gt_##name##_(b, 0)); \
  }
  GT_BINARY_INPLACE_OPS(CASE)
#undef CASE
#define CASE(name)                                                   \
  {                                                                  \
    gt_tensor a = FLOATS(6, -2);                                     \
    gt_tensor expected = gt_##name##_scalar(a, REAL(3));             \
    CHECK_OK(gt_##name##_scalar_(a, REAL(3)));                       \
    gt_tensor same = gt_eq(expected, a);                             \
    EXPECT(gt_all(same), 1);                                         \
    gt_free_many(TENSORS(a, expected, same));                        \
    CHECK_STATUS(GT_VALUE, "null", gt_##name##_scalar_(0, REAL(3))); \
  }
  GT_BINARY_SCALAR_INPLACE_OPS(CASE)
#undef CASE
  gt_free(b);
}

static void scaled_sums_and_mixtures(void) {
  gt_tensor a = FLOATS(1, 2), b = FLOATS(10, 20);
  EXPECT(gt_add_scaled(a, b, REAL(0.5)), 6, 12);
  EXPECT(gt_lerp(a, b, 0.25), 3.25, 6.5);
  EXPECT(gt_clamp(b, 12, 15), 12, 15);
  CHECK_OK(gt_add_scaled_(a, b, REAL(-0.1)));
  CHECK_VALUES(a, 0, 0);
  CHECK_OK(gt_lerp_(a, b, 0.5));
  CHECK_VALUES(a, 5, 10);
  CHECK_OK(gt_clamp_(a, 6, 8));
  CHECK_VALUES(a, 6, 8);
  CHECK_REFUSED(GT_VALUE, "null", gt_add_scaled(a, 0, REAL(1)));
  CHECK_REFUSED(GT_VALUE, "null", gt_lerp(a, 0, 1));
  CHECK_REFUSED(GT_VALUE, "null", gt_clamp(0, 0, 1));
  CHECK_STATUS(GT_VALUE, "null", gt_lerp_(0, a, 1));
  CHECK_STATUS(GT_VALUE, "null", gt_add_scaled_(0, a, REAL(1)));
  CHECK_STATUS(GT_VALUE, "null", gt_clamp_(0, 0, 1));
  gt_free(a);
  gt_free(b);
}

static void choices_by_a_mask(void) {
  gt_tensor a = FLOATS(1, 2), b = FLOATS(10, 20), mask = gt_gt_scalar(a, REAL(1));
  EXPECT(gt_where(mask, a, b), 10, 2);
  EXPECT(gt_masked_fill(a, mask, REAL(-1)), 1, -1);
  CHECK_REFUSED(GT_VALUE, "null", gt_where(mask, a, 0));
  CHECK_REFUSED(GT_VALUE, "null", gt_masked_fill(a, 0, REAL(1)));
  gt_free_many(TENSORS(a, b, mask));
}

static void a_leaf_that_requires_gradients_is_not_changed_in_place(void) {
  gt_tensor leaf = requiring_grad(FLOATS(1, 2));
  CHECK_STATUS(GT_ERROR, "leaf Variable", gt_add_scalar_(leaf, REAL(1)));
  CHECK_VALUES(leaf, 1, 2);
  gt_free(leaf);
}

const test_case pointwise_tests[] = {
    {"every unary operator equals the C library", every_unary_operator_equals_the_c_library},
    {"every unary operator in place equals the C library",
     every_unary_operator_in_place_equals_the_c_library},
    {"whole tensors are asked", whole_tensors_are_asked},
    {"every binary operator has its values", every_binary_operator_has_its_values},
    {"products of matrices", products_of_matrices},
    {"every operator with a scalar equals the one with a tensor",
     every_operator_with_a_scalar_equals_the_one_with_a_tensor},
    {"every operator in place equals the other", every_operator_in_place_equals_the_other},
    {"scaled sums and mixtures", scaled_sums_and_mixtures},
    {"choices by a mask", choices_by_a_mask},
    {"a leaf that requires gradients is not changed in place",
     a_leaf_that_requires_gradients_is_not_changed_in_place},
    {NULL, NULL}};
