/* Operators by name: found, described, called with a row of values. */
#include <string.h>

#include "check.h"

static gt_value value_of(int32_t kind, int64_t count, int64_t payload) {
  const gt_value value = {kind, 0, count, payload};
  return value;
}

static void an_operator_is_found_by_name_and_overload(void) {
  const gt_operator add = gt_operator_find("aten::add", "Tensor");
  CHECK(add != 0);
  CHECK_INT(add, gt_operator_find("aten::add", "Tensor"));
  CHECK_INT(0, gt_operator_find("aten::add", "Nothing"));
  CHECK_INT(0, gt_operator_find("aten::nothing", ""));
  CHECK_INT(0, gt_operator_find(NULL, ""));
  CHECK(strstr(gt_operator_list(), "\naten::add.Tensor\n") != NULL);
}

static void its_arguments_and_returns_are_described(void) {
  const gt_operator add = gt_operator_find("aten::add_", "Tensor");
  gt_argument argument;
  CHECK(strstr(gt_operator_schema(add), "aten::add_.Tensor(") != NULL);
  CHECK_INT(3, gt_operator_argument_count(add));
  CHECK_INT(1, gt_operator_return_count(add));
  CHECK_OK(gt_operator_argument(add, 0, &argument));
  CHECK(strcmp(argument.name, "self") == 0 && strcmp(argument.type, "Tensor") == 0);
  CHECK_INT(GT_ARGUMENT_WRITTEN, argument.flags & GT_ARGUMENT_WRITTEN);
  CHECK_OK(gt_operator_argument(add, 2, &argument));
  CHECK(strcmp(argument.default_value, "1") == 0);
  CHECK_INT(GT_ARGUMENT_KEYWORD_ONLY, argument.flags & GT_ARGUMENT_KEYWORD_ONLY);
  CHECK_OK(gt_operator_argument(add, 3, &argument));
  CHECK_INT(0, argument.argument);
  CHECK(gt_operator_argument(add, 4, &argument) != GT_OK);
  CHECK(gt_operator_argument(add, -1, &argument) != GT_OK);
}

static void lists_and_defaults_are_taken(void) {
  const gt_operator roll = gt_operator_find("aten::roll", "");
  const gt_tensor x = FLOATS(1, 2, 3);
  const int64_t shifts[] = {1};
  const gt_value arguments[] = {value_of(GT_VALUE_TENSOR, 0, x), value_of(GT_VALUE_INTS, 1, (int64_t)shifts)};
  gt_value results[1];
  CHECK_INT(1, gt_operator_call(roll, arguments, 2, results, 1));
  EXPECT(results[0].payload, 3, 1, 2);
  gt_free(x);
}

static void results_that_do_not_fit_can_be_taken_once(void) {
  const gt_operator unbind = gt_operator_find("aten::unbind", "int");
  const gt_tensor x = FLOATS(1, 2, 3);
  const gt_value arguments[] = {value_of(GT_VALUE_TENSOR, 0, x), value_of(GT_VALUE_INT, 0, 0)};
  gt_value results[4];
  CHECK_INT(4, gt_operator_call(unbind, arguments, 2, results, 1));
  CHECK_INT(4, gt_take_results(results, 4));
  CHECK_INT(GT_VALUE_LIST, results[0].kind);
  CHECK_INT(3, results[0].count);
  for (int i = 1; i < 4; i++) EXPECT(results[i].payload, i);
  CHECK(gt_take_results(results, 4) <= 0);
  /* Dropped: the runner checks that no handle is left. */
  CHECK(gt_operator_call(unbind, arguments, 2, NULL, 0) > 0);
  gt_free(x);
}

static void what_is_changed_in_place_is_no_new_tensor(void) {
  const gt_operator relu = gt_operator_find("aten::relu_", "");
  const gt_tensor x = FLOATS(-1, 2);
  const gt_value arguments[] = {value_of(GT_VALUE_TENSOR, 0, x)};
  gt_value results[1];
  CHECK_INT(1, gt_operator_call(relu, arguments, 1, results, 1));
  CHECK_INT(GT_VALUE_ARGUMENT, results[0].kind);
  CHECK_INT(0, results[0].payload);
  EXPECT(x, 0, 2);
}

static void wrong_arguments_are_refused(void) {
  const gt_operator roll = gt_operator_find("aten::roll", "");
  const gt_tensor x = FLOATS(1, 2);
  const gt_value tensor = value_of(GT_VALUE_TENSOR, 0, x);
  const gt_value rows[][2] = {{tensor, tensor},
                              {tensor, value_of(GT_VALUE_STRING, 3, (int64_t)"abc")},
                              {value_of(GT_VALUE_INT, 0, 1), value_of(GT_VALUE_INT, 0, 1)},
                              {tensor, value_of(99, 0, 0)},
                              {tensor, value_of(GT_VALUE_INTS, -1, 0)},
                              {tensor, value_of(GT_VALUE_LIST, 1000, 0)}};
  gt_value results[1];
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    CHECK_INT(-1, gt_operator_call(roll, rows[i], 2, results, 1));
    CHECK(gt_last_error_code() != GT_OK && strlen(gt_last_error_message()) > 0);
  }
  CHECK_INT(-1, gt_operator_call(roll, &tensor, 1, results, 1));
  CHECK_INT(-1, gt_operator_call(roll, NULL, 2, results, 1));
  CHECK_INT(-1, gt_operator_call(0, &tensor, 1, results, 1));
  gt_free(x);
}

const test_case operators_tests[] = {
    {"an operator is found by name and overload", an_operator_is_found_by_name_and_overload},
    {"its arguments and returns are described", its_arguments_and_returns_are_described},
    {"lists and defaults are taken", lists_and_defaults_are_taken},
    {"results that do not fit can be taken once", results_that_do_not_fit_can_be_taken_once},
    {"what is changed in place is no new tensor", what_is_changed_in_place_is_no_new_tensor},
    {"wrong arguments are refused", wrong_arguments_are_refused},
    {NULL, NULL}};
