/* TorchScript modules: the files are those of the Java tests, see make_script_modules.py. */
#include <string.h>

#include "check.h"

#define MLP GT_SCRIPTS "/mlp.pt"
#define CONTROL GT_SCRIPTS "/control.pt"

static gt_value tensor_value(gt_tensor tensor) {
  const gt_value value = {GT_VALUE_TENSOR, 0, 0, tensor};
  return value;
}

static void a_method_is_called(void) {
  gt_value results[2];
  const gt_script module = gt_script_load(CONTROL, CPU, -1);
  const gt_tensor x = FLOATS(2, 2);
  const gt_value arguments[] = {tensor_value(x), {GT_VALUE_INT, 0, 0, 3}};
  CHECK_INT(1, gt_script_call(module, "forward", arguments, 2, results, 2));
  CHECK_INT(GT_VALUE_TENSOR, results[0].kind);
  EXPECT(results[0].payload, 5, 5);
  CHECK_INT(-1, gt_script_call(module, "nothing", arguments, 1, results, 2));
  check_error(__FILE__, __LINE__, GT_INDEX, "no method 'nothing'");
  CHECK_INT(-1, gt_script_call(module, "forward", arguments + 1, 1, results, 2));
  check_error(__FILE__, __LINE__, GT_TYPE, "the argument 'x' must be Tensor, not an int");
  CHECK_INT(-1, gt_script_call(module, "fail", arguments, 1, results, 2));
  check_error(__FILE__, __LINE__, GT_ERROR, "no such luck");
  gt_free(x);
  gt_script_free(module);
}

static void what_is_in_it_is_listed(void) {
  gt_value results[2];
  const gt_script module = gt_script_load(MLP, -1, -1);
  CHECK(strstr(gt_script_list(module, GT_SCRIPT_PARAMETERS), "layers.3.bias\n") != NULL);
  CHECK(strcmp(gt_script_schema(module, "forward"), "forward(Tensor x) -> Tensor") == 0);
  CHECK_INT(1, gt_script_get(module, "scale", results, 2));
  EXPECT(results[0].payload, 2, 3);
  CHECK_INT(-1, gt_script_get(module, "nothing", results, 2));
  check_error(__FILE__, __LINE__, GT_INDEX, "'nothing'");
  CHECK(gt_script_list(module, 7) == NULL);
  gt_script_free(module);
}

static void it_is_trained_and_cast_and_saved(void) {
  const gt_script module = gt_script_load(MLP, -1, -1);
  CHECK_INT(0, gt_script_is_training(module));
  CHECK_OK(gt_script_train(module, 1));
  CHECK_INT(1, gt_script_is_training(module));
  CHECK_OK(gt_script_to(module, F64, CPU, -1));
  CHECK_STATUS(GT_TYPE, "floating-point", gt_script_to(module, I64, -1, -1));
  CHECK_STATUS(GT_ERROR, "/no/such/folder/x.pt cannot be written",
               gt_script_save(module, "/no/such/folder/x.pt"));
  gt_script_free(module);
}

static void what_is_no_module_is_refused(void) {
  CHECK_INT(0, gt_script_load("/no/such/file.pt", -1, -1));
  check_error(__FILE__, __LINE__, GT_ERROR, "/no/such/file.pt is no TorchScript module");
  CHECK_INT(0, gt_script_load_memory("text", 4, "the text", -1, -1));
  check_error(__FILE__, __LINE__, GT_ERROR, "the text is no TorchScript module");
  CHECK_INT(0, gt_script_load_memory(NULL, 0, "nothing", -1, -1));
  CHECK_INT(0, gt_script_load(NULL, -1, -1));
  gt_script_free(0);
}

const test_case script_tests[] = {{"a method is called", a_method_is_called},
                                  {"what is in it is listed", what_is_in_it_is_listed},
                                  {"it is trained and cast and saved", it_is_trained_and_cast_and_saved},
                                  {"what is no module is refused", what_is_no_module_is_refused},
                                  {NULL, NULL}};
