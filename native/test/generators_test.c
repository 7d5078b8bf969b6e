/* Random numbers come from the generator named, or from the default one, and repeat with the seed. */
#include <math.h>

#include "check.h"

static double first_of(gt_tensor tensor) {
  gt_tensor first = gt_select(tensor, 0, 0);
  gt_free(tensor);
  return number(first);
}

static void the_same_seed_gives_the_same_numbers(void) {
  gt_generator a = gt_generator_new(CPU, -1, 7), b = gt_generator_new(CPU, -1, 7);
  const double one = first_of(gt_randn(LIST(4), a, FLOAT_ON_CPU));
  CHECK(one == first_of(gt_randn(LIST(4), b, FLOAT_ON_CPU)));
  CHECK(one != first_of(gt_randn(LIST(4), a, FLOAT_ON_CPU)));
  CHECK_OK(gt_generator_seed(a, 7));
  CHECK(one == first_of(gt_randn(LIST(4), a, FLOAT_ON_CPU)));
  gt_generator_free(a);
  gt_generator_free(b);
}

/* torch.manual_seed(0); torch.randn(1) in Python */
static void the_numbers_are_those_of_python(void) {
  gt_generator generator = gt_generator_new(CPU, -1, 0);
  CHECK(fabs(first_of(gt_randn(LIST(1), generator, FLOAT_ON_CPU)) - 1.5409960746765137) < 1e-7);
  gt_generator_free(generator);
}

static void a_saved_state_continues_where_it_was(void) {
  gt_generator generator = gt_generator_new(CPU, -1, 1);
  gt_free(gt_rand(LIST(3), generator, FLOAT_ON_CPU));
  gt_tensor state = gt_generator_state(generator);
  CHECK_INT(U8, gt_dtype(state));
  const double next = first_of(gt_rand(LIST(1), generator, FLOAT_ON_CPU));
  CHECK_OK(gt_generator_set_state(generator, state));
  CHECK(next == first_of(gt_rand(LIST(1), generator, FLOAT_ON_CPU)));
  gt_free(state);
  gt_generator_free(generator);
}

static void a_state_that_is_none_is_refused(void) {
  gt_generator generator = gt_generator_new(CPU, -1, 1);
  gt_tensor state = FLOATS(1, 2);
  CHECK(gt_generator_set_state(generator, state) != GT_OK);
  CHECK_STATUS(GT_VALUE, "null", gt_generator_set_state(generator, 0));
  gt_free(state);
  gt_generator_free(generator);
}

static void the_default_one_serves_where_none_is_named(void) {
  gt_generator generator = gt_generator_default(CPU, -1);
  CHECK_OK(gt_generator_seed(generator, 3));
  const double unnamed = first_of(gt_rand(LIST(2), 0, FLOAT_ON_CPU));
  CHECK_OK(gt_generator_seed(generator, 3));
  CHECK(unnamed == first_of(gt_rand(LIST(2), generator, FLOAT_ON_CPU)));
  gt_generator_free(generator);
}

static void a_new_one_leaves_the_default_one_alone(void) {
  gt_generator main = gt_generator_default(CPU, -1);
  CHECK_OK(gt_generator_seed(main, 3));
  const double expected = first_of(gt_rand(LIST(2), 0, FLOAT_ON_CPU));
  CHECK_OK(gt_generator_seed(main, 3));
  gt_generator other = gt_generator_new(CPU, -1, 99);
  gt_free(gt_rand(LIST(2), other, FLOAT_ON_CPU));
  CHECK(expected == first_of(gt_rand(LIST(2), 0, FLOAT_ON_CPU)));
  gt_generator_free(main);
  gt_generator_free(other);
}

static void integers_stay_in_their_range(void) {
  gt_generator generator = gt_generator_new(CPU, -1, 5);
  gt_tensor integers = gt_randint(3, 6, LIST(1000), generator, I64, CPU, -1, 0);
  EXPECT(gt_min(integers), 3);
  EXPECT(gt_max(integers), 5);
  gt_tensor order = gt_randperm(100, generator, I64, CPU, -1, 0);
  EXPECT(gt_sum(order, NULL, 0, 0), 4950);
  CHECK_REFUSED(GT_ERROR, "from", gt_randint(3, 3, LIST(1), generator, I64, CPU, -1, 0));
  gt_free(integers);
  gt_free(order);
  gt_generator_free(generator);
}

static void fills_in_place_have_their_distribution(void) {
  gt_generator generator = gt_generator_new(CPU, -1, 5);
  gt_tensor a = gt_empty(LIST(10000), FLOAT_ON_CPU);
  CHECK_OK(gt_normal_(a, 3, 2, generator));
  CHECK(fabs(number(gt_mean(a, NULL, 0, 0)) - 3) < 0.1);
  CHECK(fabs(number(gt_std(a, NULL, 0, 1, 0)) - 2) < 0.1);
  CHECK_OK(gt_uniform_(a, -1, 1, generator));
  CHECK(number(gt_min(a)) >= -1 && number(gt_max(a)) < 1);
  CHECK(fabs(number(gt_mean(a, NULL, 0, 0))) < 0.1);
  CHECK_OK(gt_bernoulli_(a, 0.25, generator));
  CHECK(fabs(number(gt_mean(a, NULL, 0, 0)) - 0.25) < 0.05);
  CHECK_STATUS(GT_ERROR, "std", gt_normal_(a, 0, -1, generator));
  CHECK_STATUS(GT_VALUE, "null", gt_normal_(0, 0, 1, generator));
  CHECK_STATUS(GT_VALUE, "null", gt_uniform_(0, 0, 1, generator));
  CHECK_STATUS(GT_VALUE, "null", gt_bernoulli_(0, 0.5, generator));
  gt_free(a);
  gt_generator_free(generator);
}

static void generators_count_as_handles(void) {
  const int64_t before = gt_live_handles();
  gt_generator generator = gt_generator_new(CPU, -1, 5);
  CHECK_INT(before + 1, gt_live_handles());
  gt_generator_free(generator);
  CHECK_INT(before, gt_live_handles());
}

static void no_generator_is_an_error(void) {
  CHECK_STATUS(GT_VALUE, "null", gt_generator_seed(0, 1));
  CHECK_REFUSED(GT_VALUE, "null", gt_generator_state(0));
  CHECK_INT(0, gt_generator_new(99, -1, 1));
  check_error(__FILE__, __LINE__, GT_VALUE, "device type code 99");
}

const test_case generators_tests[] = {
    {"the same seed gives the same numbers", the_same_seed_gives_the_same_numbers},
    {"the numbers are those of Python", the_numbers_are_those_of_python},
    {"a saved state continues where it was", a_saved_state_continues_where_it_was},
    {"a state that is none is refused", a_state_that_is_none_is_refused},
    {"the default one serves where none is named", the_default_one_serves_where_none_is_named},
    {"a new one leaves the default one alone", a_new_one_leaves_the_default_one_alone},
    {"integers stay in their range", integers_stay_in_their_range},
    {"fills in place have their distribution", fills_in_place_have_their_distribution},
    {"generators count as handles", generators_count_as_handles},
    {"no generator is an error", no_generator_is_an_error},
    {NULL, NULL}};
