/* Operators by name: found, described, called with values of every kind. */
#include <math.h>
#include <string.h>

#include "check.h"

#define NONE {GT_VALUE_NONE, 0, 0, 0}
#define DEFAULT {GT_VALUE_DEFAULT, 0, 0, 0}
#define TENSOR(handle) {GT_VALUE_TENSOR, 0, 0, handle}
#define INT(value) {GT_VALUE_INT, 0, 0, value}
#define FLOAT(value) {GT_VALUE_FLOAT, 0, 0, bits_of(value)}
#define BOOL(value) {GT_VALUE_BOOL, 0, 0, value}
#define STRING(text) {GT_VALUE_STRING, 0, (int64_t)strlen(text), (int64_t)(intptr_t)(text)}
#define ROW(kind, row, count) {kind, 0, count, (int64_t)(intptr_t)(row)}
#define HOLDER(kind, count) {kind, 0, count, 0}
/* Arguments for pointer + count. */
#define VALUES(...) \
  (const gt_value[]){__VA_ARGS__}, (int64_t)(sizeof((const gt_value[]){__VA_ARGS__}) / sizeof(gt_value))

/* The only result, a tensor; 0 on failure. */
static gt_tensor call(const char* name, const char* overload, const gt_value* arguments, int64_t count) {
  gt_value result = NONE;
  const gt_operator op = gt_operator_find(name, overload);
  CHECK(op != 0);
  if (gt_operator_call(op, arguments, count, &result, 1) != 1) return 0;
  CHECK_INT(GT_VALUE_TENSOR, result.kind);
  return result.payload;
}

static void operators_are_found_once(void) {
  const gt_operator add = gt_operator_find("aten::add", "Tensor");
  CHECK(add != 0);
  CHECK_INT(add, gt_operator_find("aten::add", "Tensor"));
  CHECK(gt_operator_find("aten::roll", "") != 0);
  CHECK_REFUSED(GT_VALUE, "no operator aten::ad", gt_operator_find("aten::ad", ""));
  CHECK_REFUSED(GT_VALUE, "no operator aten::add.Tenso", gt_operator_find("aten::add", "Tenso"));
  CHECK_REFUSED(GT_VALUE, "null", gt_operator_find(NULL, ""));
  CHECK_REFUSED(GT_VALUE, "null", gt_operator_find("aten::add", NULL));
}

static void the_list_has_them_all(void) {
  const char* list = gt_operator_list();
  size_t lines = 0;
  CHECK(list != NULL);
  if (list == NULL) return;
  for (const char* c = list; *c != 0; c++) lines += *c == '\n';
  CHECK(lines > 2500);
  CHECK(strstr(list, "\naten::add.Tensor\n") != NULL);
  CHECK(strstr(list, "\naten::relu\n") != NULL);
}

static void a_schema_can_be_read(void) {
  const gt_operator roll = gt_operator_find("aten::roll", ""),
                    add_ = gt_operator_find("aten::add_", "Tensor");
  gt_argument argument;
  CHECK(strcmp("aten::roll(Tensor self, SymInt[1] shifts, int[1] dims=[]) -> Tensor",
               gt_operator_schema(roll)) == 0);
  CHECK_INT(3, gt_operator_argument_count(roll));
  CHECK_INT(1, gt_operator_return_count(roll));
  CHECK_OK(gt_operator_argument(roll, 1, &argument));
  CHECK(strcmp("shifts", argument.name) == 0 && strcmp("int[1]", argument.type) == 0);
  CHECK(argument.default_value == NULL && argument.flags == 0);
  CHECK_OK(gt_operator_argument(roll, 2, &argument));
  CHECK(argument.default_value != NULL && strcmp("[]", argument.default_value) == 0);
  CHECK_OK(gt_operator_argument(add_, 0, &argument));
  CHECK_INT(GT_ARGUMENT_WRITTEN, argument.flags);
  CHECK_OK(gt_operator_argument(add_, 2, &argument));
  CHECK_INT(GT_ARGUMENT_KEYWORD_ONLY, argument.flags);
  CHECK_OK(gt_operator_argument(add_, 3, &argument));
  CHECK_INT(0, argument.argument);
  CHECK_STATUS(GT_INDEX, "no number 4", gt_operator_argument(roll, 4, &argument));
  CHECK_STATUS(GT_VALUE, "null", gt_operator_argument(roll, 0, NULL));
  CHECK_STATUS(GT_VALUE, "null", gt_operator_argument(0, 0, &argument));
  CHECK_INT(-1, gt_operator_argument_count(0));
  CHECK_INT(-1, gt_operator_return_count(0));
  CHECK(gt_operator_schema(0) == NULL);
}

static void every_kind_of_argument_arrives(void) {
  const int64_t one[] = {1}, shape[] = {2, 2};
  const double factors[] = {2, 3};
  gt_tensor x = FLOATS(1, 2, 3), y = SHAPED(FLOATS(1, 2, 3, 4), 1, 1, 2, 2), i = LONGS(0, 2);
  const gt_tensor pair[] = {x, x}, optional[] = {0, i};
  EXPECT(call("aten::add", "Tensor", VALUES(TENSOR(x), TENSOR(x), INT(2))), 3, 6, 9);
  EXPECT(call("aten::add", "Tensor", VALUES(TENSOR(x), TENSOR(x), FLOAT(0.5))), 1.5, 3, 4.5);
  EXPECT(call("aten::roll", "", VALUES(TENSOR(x), ROW(GT_VALUE_INTS, one, 1))), 3, 1, 2);
  EXPECT(call("aten::roll", "", VALUES(TENSOR(x), INT(1))), 3, 1, 2);
  EXPECT(call("aten::roll", "", VALUES(TENSOR(x), HOLDER(GT_VALUE_LIST, 1), INT(1))), 3, 1, 2);
  EXPECT(call("aten::clamp", "", VALUES(TENSOR(x), NONE, INT(2))), 1, 2, 2);
  EXPECT(call("aten::cumsum", "", VALUES(TENSOR(x), INT(0), INT(F64))), 1, 3, 6);
  EXPECT(call("aten::gelu", "", VALUES(TENSOR(x), STRING("tanh"))), 0.8411920, 1.9545977, 2.9963627);
  EXPECT(call("aten::leaky_relu", "", VALUES(TENSOR(x), INT(2))), 1, 2, 3);
  EXPECT(call("aten::cat", "", VALUES(ROW(GT_VALUE_TENSORS, pair, 2))), 1, 2, 3, 1, 2, 3);
  EXPECT(call("aten::index", "Tensor", VALUES(TENSOR(x), ROW(GT_VALUE_TENSORS, optional + 1, 1))), 1, 3);
  EXPECT(call("aten::sum", "", VALUES(TENSOR(x), DEFAULT)), 6);
  EXPECT(call("aten::ones", "",
              VALUES(ROW(GT_VALUE_INTS, shape, 2), INT(F32), NONE, {GT_VALUE_DEVICE, CPU, 0, -1}, NONE)),
         1, 1, 1, 1);
  EXPECT(call("aten::upsample_nearest2d", "vec", VALUES(TENSOR(y), NONE, ROW(GT_VALUE_FLOATS, factors, 2))),
         1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 3, 3, 3, 4, 4, 4);
  EXPECT(call("aten::clone", "", VALUES(TENSOR(y), {GT_VALUE_MEMORY_FORMAT, 0, 0, CHANNELS_LAST})), 1, 2, 3,
         4);
  gt_free_many(TENSORS(x, y, i));
}

static void results_of_every_kind(void) {
  const int64_t first[] = {1, 0, 0}, shape[] = {3};
  gt_tensor x = SHAPED(FLOATS(3, 1, 2), 1, 3), zero = gt_zeros(LIST(1, 1), FLOAT_ON_CPU);
  gt_value results[4];
  CHECK_INT(2, gt_operator_call(gt_operator_find("aten::sort", ""), VALUES(TENSOR(x)), results, 4));
  EXPECT(results[0].payload, 1, 2, 3);
  EXPECT(results[1].payload, 1, 2, 0);
  CHECK_INT(3, gt_operator_call(gt_operator_find("aten::native_layer_norm_backward", ""),
                                VALUES(TENSOR(x), TENSOR(x), ROW(GT_VALUE_INTS, shape, 1), TENSOR(zero),
                                       TENSOR(zero), NONE, NONE, ROW(GT_VALUE_BOOLS, first, 3)),
                                results, 4));
  CHECK_INT(GT_VALUE_TENSOR, results[1].kind);
  CHECK_INT(0, results[1].payload);
  gt_free(results[0].payload);
  CHECK_INT(1,
            gt_operator_call(gt_operator_find("aten::equal", ""), VALUES(TENSOR(x), TENSOR(x)), results, 4));
  CHECK(results[0].kind == GT_VALUE_BOOL && results[0].payload == 1);
  CHECK_INT(1, gt_operator_call(gt_operator_find("aten::sym_numel", ""), VALUES(TENSOR(x)), results, 4));
  CHECK(results[0].kind == GT_VALUE_INT && results[0].payload == 3);
  EXPECT(call("aten::sum", "", VALUES(TENSOR(x))), 6);
  gt_free_many(TENSORS(x, zero));
}

static void numbers_come_out_as_they_are(void) {
  gt_tensor real = FLOATS(2.5), pair = FLOATS(3, -4),
            complex = call("aten::view_as_complex", "", VALUES(TENSOR(pair)));
  gt_value result;
  CHECK_INT(1, gt_operator_call(gt_operator_find("aten::item", ""), VALUES(TENSOR(real)), &result, 1));
  CHECK(result.kind == GT_VALUE_FLOAT && result.payload == bits_of(2.5));
  CHECK_INT(1, gt_operator_call(gt_operator_find("aten::item", ""), VALUES(TENSOR(complex)), &result, 1));
  CHECK(result.kind == GT_VALUE_COMPLEX && result.payload == bits_of(3) && result.count == bits_of(-4));
  gt_free(call("aten::mul", "Scalar", VALUES(TENSOR(complex), {GT_VALUE_COMPLEX, 0, bits_of(1), 0})));
  gt_free_many(TENSORS(real, pair, complex));
}

static void a_list_of_any_length_can_be_taken_afterwards(void) {
  const gt_operator split = gt_operator_find("aten::split", "Tensor");
  gt_tensor x = gt_ones(LIST(100), FLOAT_ON_CPU);
  gt_value results[101];
  CHECK_INT(101, gt_operator_call(split, VALUES(TENSOR(x), INT(1)), results, 5));
  CHECK_INT(101, gt_take_results(results, 101));
  CHECK_INT(GT_VALUE_LIST, results[0].kind);
  CHECK_INT(100, results[0].count);
  for (int i = 1; i <= 100; i++) gt_free(results[i].payload);
  CHECK_INT(0, gt_take_results(results, 101));
  /* What nobody takes is dropped by the next call. */
  CHECK_INT(101, gt_operator_call(split, VALUES(TENSOR(x), INT(1)), results, 5));
  CHECK_INT(1, gt_operator_call(split, VALUES(TENSOR(x), INT(2)), NULL, 0));
  CHECK_INT(0, gt_take_results(results, 101));
  gt_free(x);
}

static void a_tensor_changed_in_place_gets_no_handle(void) {
  const int64_t before = gt_live_handles();
  gt_tensor x = FLOATS(1, 2), y = FLOATS(5, 5), i = LONGS(0, 0);
  gt_value results[2];
  CHECK_INT(1, gt_operator_call(gt_operator_find("aten::add_", "Tensor"), VALUES(TENSOR(x), TENSOR(y)),
                                results, 1));
  CHECK_INT(GT_VALUE_ARGUMENT, results[0].kind);
  CHECK_INT(0, results[0].payload);
  CHECK_INT(1,
            gt_operator_call(gt_operator_find("aten::neg", "out"), VALUES(TENSOR(x), TENSOR(y)), results, 1));
  CHECK_INT(GT_VALUE_ARGUMENT, results[0].kind);
  CHECK_INT(1, results[0].payload);
  CHECK_INT(2, gt_operator_call(gt_operator_find("aten::sort", "values"),
                                VALUES(TENSOR(y), DEFAULT, DEFAULT, TENSOR(x), TENSOR(i)), results, 2));
  CHECK(results[0].kind == GT_VALUE_ARGUMENT && results[0].payload == 3);
  CHECK(results[1].kind == GT_VALUE_ARGUMENT && results[1].payload == 4);
  CHECK_INT(before + 3, gt_live_handles());
  CHECK_VALUES(y, -6, -7);
  CHECK_VALUES(x, -7, -6);
  gt_free_many(TENSORS(x, y, i));
}

/* A call that fails with this code and these words. */
#define CHECK_CALL_REFUSED(code, part, name, overload, ...)                                              \
  do {                                                                                                   \
    gt_value result_;                                                                                    \
    CHECK_INT(-1, gt_operator_call(gt_operator_find(name, overload), VALUES(__VA_ARGS__), &result_, 1)); \
    check_error(__FILE__, __LINE__, code, part);                                                         \
  } while (0)

static void wrong_arguments_are_named(void) {
  gt_tensor x = FLOATS(1, 2);
  const gt_tensor hole[] = {x, 0};
  const int64_t shape[] = {2};
  gt_value result;
  CHECK_CALL_REFUSED(GT_TYPE, "argument 'other' must be Tensor, not None", "aten::add", "Tensor", TENSOR(x),
                     NONE);
  CHECK_CALL_REFUSED(GT_TYPE, "argument 'self' must be a Tensor, not a null handle", "aten::relu", "",
                     TENSOR(0));
  CHECK_CALL_REFUSED(GT_TYPE, "argument 'self' must be Tensor, not an int", "aten::relu", "", INT(1));
  CHECK_CALL_REFUSED(GT_TYPE, "argument 'other' is missing", "aten::add", "Tensor", TENSOR(x));
  CHECK_CALL_REFUSED(GT_TYPE, "argument 'other' is missing", "aten::add", "Tensor", TENSOR(x), DEFAULT);
  CHECK_CALL_REFUSED(GT_TYPE, "takes 1 arguments, and more", "aten::relu", "", TENSOR(x), TENSOR(x));
  CHECK_CALL_REFUSED(GT_TYPE, "has an element 1 which must be Tensor, not None", "aten::cat", "",
                     ROW(GT_VALUE_TENSORS, hole, 2));
  CHECK_CALL_REFUSED(GT_TYPE, "a list without memory", "aten::cat", "", ROW(GT_VALUE_TENSORS, NULL, 2));
  CHECK_CALL_REFUSED(GT_TYPE, "a list of -1 elements", "aten::cat", "", ROW(GT_VALUE_TENSORS, hole, -1));
  CHECK_CALL_REFUSED(GT_TYPE, "a list of 2 in a row that has 1", "aten::cat", "", HOLDER(GT_VALUE_LIST, 2),
                     TENSOR(x));
  CHECK_CALL_REFUSED(GT_TYPE, "the unknown kind 99", "aten::relu", "", {99, 0, 0, 0});
  CHECK_CALL_REFUSED(GT_VALUE, "device type code 77", "aten::ones", "", ROW(GT_VALUE_INTS, shape, 1), DEFAULT,
                     DEFAULT, {GT_VALUE_DEVICE, 77, 0, 0});
  CHECK_INT(-1, gt_operator_call(0, NULL, 0, &result, 1));
  CHECK_INT(-1, gt_operator_call(gt_operator_find("aten::relu", ""), NULL, 1, &result, 1));
  CHECK_INT(-1, gt_operator_call(gt_operator_find("aten::relu", ""), &result, -1, &result, 1));
  gt_free(x);
}

static void what_libtorch_refuses_is_told(void) {
  gt_tensor x = gt_ones(LIST(2, 3), FLOAT_ON_CPU);
  CHECK_CALL_REFUSED(GT_ERROR, "shapes cannot be multiplied", "aten::mm", "", TENSOR(x), TENSOR(x));
  CHECK_CALL_REFUSED(GT_INDEX, "out of range", "aten::softmax", "int", TENSOR(x), INT(7));
  EXPECT(call("aten::sum", "", VALUES(TENSOR(x))), 6);
  gt_free(x);
}

static void statistics_of_a_batch_norm_are_checked(void) {
  gt_tensor x = gt_ones(LIST(2, 3), FLOAT_ON_CPU), three = gt_ones(LIST(3), FLOAT_ON_CPU),
            two = gt_ones(LIST(2), FLOAT_ON_CPU);
  gt_value results[3];
  CHECK_CALL_REFUSED(GT_VALUE, "running_mean must be given", "aten::native_batch_norm", "", TENSOR(x), NONE,
                     NONE, NONE, NONE, BOOL(0), FLOAT(0.1), FLOAT(0));
  CHECK_CALL_REFUSED(GT_VALUE, "running_var must have 3 elements", "aten::native_batch_norm", "", TENSOR(x),
                     NONE, NONE, TENSOR(three), TENSOR(two), BOOL(0), FLOAT(0.1), FLOAT(0));
  CHECK_INT(3, gt_operator_call(
                   gt_operator_find("aten::native_batch_norm", ""),
                   VALUES(TENSOR(x), NONE, NONE, TENSOR(three), TENSOR(three), BOOL(0), FLOAT(0.1), FLOAT(0)),
                   results, 3));
  for (int i = 0; i < 3; i++) gt_free(results[i].payload);
  gt_free_many(TENSORS(x, three, two));
}

const test_case operators_tests[] = {
    {"operators are found once", operators_are_found_once},
    {"the list has them all", the_list_has_them_all},
    {"a schema can be read", a_schema_can_be_read},
    {"every kind of argument arrives", every_kind_of_argument_arrives},
    {"results of every kind", results_of_every_kind},
    {"numbers come out as they are", numbers_come_out_as_they_are},
    {"a list of any length can be taken afterwards", a_list_of_any_length_can_be_taken_afterwards},
    {"a tensor changed in place gets no handle", a_tensor_changed_in_place_gets_no_handle},
    {"wrong arguments are named", wrong_arguments_are_named},
    {"what libtorch refuses is told", what_libtorch_refuses_is_told},
    {"statistics of a batch norm are checked", statistics_of_a_batch_norm_are_checked},
    {NULL, NULL}};
