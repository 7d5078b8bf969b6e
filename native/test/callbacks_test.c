/* Code of the caller that libtorch runs: hooks, backward functions, recomputation, and what becomes of errors
 * in it. */
#include <string.h>

#include "check.h"

enum { MAX_IDS = 64 };

typedef struct {
  int64_t id;
  int32_t event;
  const gt_tensor* arguments;
  int64_t count;
  gt_tensor* results;
  int64_t result_count;
  intptr_t context;
} call;

/* Answers 0 or the id of an error. */
typedef int64_t (*code)(const call* call);

static code codes[MAX_IDS];
static int calls[MAX_IDS], releases[MAX_IDS];
static int64_t last_id;
/* Anomaly mode */
static int nodes_made, nodes_released;
static char failed_node[64];

static int64_t called_back(int64_t id, int32_t event, const gt_tensor* arguments, int64_t count,
                           gt_tensor* results, int64_t result_count, intptr_t context) {
  int64_t error = 0;
  if (event == GT_EVENT_NODE_MADE) {
    nodes_made++;
  } else if (event == GT_EVENT_NODE_FAILED) {
    strncpy(failed_node, (const char*)context, sizeof failed_node - 1);
  } else {
    calls[id]++;
    error = codes[id](&(call){id, event, arguments, count, results, result_count, context});
  }
  gt_free_many(arguments, count);
  return error;
}

/* The id of something new. */
static int64_t new_id(code code) {
  CHECK_OK(gt_set_callback(called_back));
  CHECK(last_id + 1 < MAX_IDS);
  codes[++last_id] = code;
  return last_id;
}

/* Notes what was released since the last time, and forgets it. */
static int is_released(int64_t id) {
  int64_t ids[4], count;
  while ((count = gt_released_callbacks(ids, 4)) > 0) {
    for (int64_t i = 0; i < count; i++) {
      if (ids[i] < 0) {
        nodes_released++;
      } else {
        releases[ids[i]]++;
      }
    }
  }
  return releases[id];
}

static int64_t add_hook(gt_tensor tensor, int32_t event, code code) {
  const int64_t id = new_id(code);
  CHECK_OK(gt_hook_add(tensor, id, event));
  return id;
}

/* Backward of the square of a leaf: 2 x is the gradient that arrives. */
static int32_t backward_of_square(gt_tensor leaf) {
  gt_tensor squares = gt_square(leaf), sum = gt_sum(squares, NULL, 0, 0);
  const int32_t status = gt_backward(sum, 0, 0, 0);
  gt_free_many(TENSORS(squares, sum));
  return status;
}

static int64_t look(const call* call) {
  CHECK_INT(1, call->count);
  return 0;
}

static int64_t add_one(const call* call) {
  call->results[0] = gt_add_scalar(call->arguments[0], INTEGER(1));
  return 0;
}

static int64_t make_double(const call* call) {
  call->results[0] = gt_mul_scalar(call->arguments[0], INTEGER(2));
  return 0;
}

static int64_t fail(const call* call) {
  /* What was answered before goes too. */
  if (call->result_count > 0) call->results[0] = gt_share(call->arguments[0]);
  return new_id(NULL);
}

/* ------------------------------------------------------------------ hooks */

static void a_hook_sees_the_gradient_and_lets_it_pass(void) {
  gt_tensor x = requiring_grad(FLOATS(1, 2));
  const int64_t id = add_hook(x, GT_EVENT_HOOK, look);
  CHECK_OK(backward_of_square(x));
  CHECK_INT(1, calls[id]);
  EXPECT(gt_grad(x), 2, 4);
  CHECK_INT(0, is_released(id));
  gt_free(x);
  CHECK_INT(1, is_released(id));
}

static void hooks_replace_the_gradient_in_the_order_they_were_added(void) {
  gt_tensor x = requiring_grad(FLOATS(1, 2));
  add_hook(x, GT_EVENT_HOOK, add_one);
  add_hook(x, GT_EVENT_HOOK, make_double);
  CHECK_OK(backward_of_square(x));
  EXPECT(gt_grad(x), 6, 10);
  gt_free(x);
}

static void a_hook_of_an_inner_tensor_changes_what_flows_on(void) {
  gt_tensor x = requiring_grad(FLOATS(3)), inner = gt_mul_scalar(x, INTEGER(5));
  add_hook(inner, GT_EVENT_HOOK, make_double);
  CHECK_OK(gt_backward(inner, 0, 0, 0));
  EXPECT(gt_grad(x), 10);
  gt_free_many(TENSORS(x, inner));
}

static void a_removed_hook_is_let_go_and_not_called(void) {
  gt_tensor x = requiring_grad(FLOATS(1));
  const int64_t removed = add_hook(x, GT_EVENT_HOOK, make_double), kept = add_hook(x, GT_EVENT_HOOK, look);
  gt_hook_remove(removed);
  CHECK_INT(1, is_released(removed));
  gt_hook_remove(removed);
  gt_hook_remove(-1);
  CHECK_OK(backward_of_square(x));
  CHECK_INT(0, calls[removed]);
  CHECK_INT(1, calls[kept]);
  EXPECT(gt_grad(x), 2);
  gt_free(x);
  gt_hook_remove(kept);
  CHECK_INT(1, is_released(kept));
  CHECK_INT(1, is_released(removed));
}

static gt_tensor changed_by_its_hook;
static int64_t added_by_a_hook;

static int64_t replace_this_hook(const call* call) {
  gt_hook_remove(call->id);
  added_by_a_hook = add_hook(changed_by_its_hook, GT_EVENT_HOOK, make_double);
  return 0;
}

static void a_hook_may_remove_itself_and_add_another(void) {
  gt_tensor x = changed_by_its_hook = requiring_grad(FLOATS(1));
  const int64_t id = add_hook(x, GT_EVENT_HOOK, replace_this_hook);
  CHECK_OK(backward_of_square(x));
  CHECK_INT(0, calls[added_by_a_hook]);
  EXPECT(gt_grad(x), 2);
  CHECK_OK(gt_set_grad(x, 0));
  CHECK_OK(backward_of_square(x));
  CHECK_INT(1, calls[id]);
  CHECK_INT(1, is_released(id));
  CHECK_INT(1, calls[added_by_a_hook]);
  EXPECT(gt_grad(x), 4);
  gt_free(x);
}

static int64_t see_eight(const call* call) {
  gt_tensor gradient = gt_grad(call->arguments[0]);
  CHECK_INT(0, call->result_count);
  CHECK_VALUES(gradient, 8);
  gt_free(gradient);
  return 0;
}

static void a_hook_of_a_leaf_sees_what_was_added_up(void) {
  gt_tensor x = requiring_grad(FLOATS(2));
  CHECK_OK(backward_of_square(x));
  const int64_t id = add_hook(x, GT_EVENT_ACCUMULATED, see_eight);
  CHECK_OK(backward_of_square(x));
  CHECK_INT(1, calls[id]);
  gt_free(x);
  CHECK_INT(1, is_released(id));
}

static void hooks_that_cannot_be_are_refused_and_let_go(void) {
  gt_tensor constant = FLOATS(1), x = requiring_grad(FLOATS(1)), inner = gt_square(x);
  const int64_t first = new_id(look), second = new_id(look), third = new_id(look);
  CHECK_STATUS(GT_ERROR, "doesn't require gradient", gt_hook_add(constant, first, GT_EVENT_HOOK));
  CHECK_STATUS(GT_ERROR, "non-leaf", gt_hook_add(inner, second, GT_EVENT_ACCUMULATED));
  CHECK_STATUS(GT_VALUE, "null", gt_hook_add(0, third, GT_EVENT_HOOK));
  CHECK_INT(1, is_released(first));
  CHECK_INT(1, is_released(second));
  CHECK_INT(1, is_released(third));
  CHECK_STATUS(GT_VALUE, "not above 0", gt_hook_add(x, 0, GT_EVENT_HOOK));
  CHECK_STATUS(GT_VALUE, "not above 0", gt_hook_add(x, -5, GT_EVENT_HOOK));
  CHECK_STATUS(GT_VALUE, "null", gt_set_callback(NULL));
  gt_free_many(TENSORS(constant, x, inner));
}

static int64_t answer_another_shape(const call* call) {
  call->results[0] = gt_unsqueeze(call->arguments[0], 0);
  return 0;
}

static void a_gradient_of_another_shape_is_refused(void) {
  gt_tensor x = requiring_grad(FLOATS(1, 2));
  add_hook(x, GT_EVENT_HOOK, answer_another_shape);
  CHECK_STATUS(GT_ERROR, "size", backward_of_square(x));
  CHECK_INT(0, gt_last_error_callback());
  gt_free(x);
}

/* ----------------------------------------------------------------- errors */

static void an_error_of_a_hook_ends_backward_and_is_kept_until_dropped(void) {
  gt_tensor x = requiring_grad(FLOATS(1));
  const int64_t id = add_hook(x, GT_EVENT_HOOK, fail);
  CHECK_STATUS(GT_CALLBACK, "called back failed", backward_of_square(x));
  const int64_t error = gt_last_error_callback();
  CHECK_INT(last_id, error);
  CHECK_INT(0, is_released(error));
  CHECK_INT(0, gt_grad(x));
  gt_hook_remove(id);
  CHECK_STATUS(GT_VALUE, "null", gt_set_grad(0, x));
  CHECK_INT(0, gt_last_error_callback());
  CHECK_INT(1, is_released(error));
  CHECK_OK(backward_of_square(x));
  EXPECT(gt_grad(x), 2);
  gt_free(x);
}

static void an_error_is_released_when_it_is_dropped(void) {
  gt_tensor x = requiring_grad(FLOATS(1));
  add_hook(x, GT_EVENT_ACCUMULATED, fail);
  CHECK_INT(GT_CALLBACK, backward_of_square(x));
  const int64_t error = gt_last_error_callback();
  gt_drop_last_error_callback();
  CHECK_INT(0, gt_last_error_callback());
  CHECK_INT(1, is_released(error));
  gt_free(x);
}

/* Hands the error of the inner call on, under an id of its own. */
static int64_t backward_inside(const call* call) {
  gt_tensor y = requiring_grad(gt_detach(call->arguments[0]));
  add_hook(y, GT_EVENT_HOOK, fail);
  const int32_t before = gt_set_grad_enabled(1);
  CHECK_INT(GT_CALLBACK, backward_of_square(y));
  gt_set_grad_enabled(before);
  gt_free(y);
  return new_id(NULL);
}

static void an_error_comes_through_a_backward_inside_of_another(void) {
  gt_tensor x = requiring_grad(FLOATS(1));
  const int64_t outer = add_hook(x, GT_EVENT_HOOK, backward_inside);
  CHECK_INT(GT_CALLBACK, backward_of_square(x));
  CHECK_INT(last_id, gt_last_error_callback());
  CHECK_INT(1, calls[outer]);
  gt_free(x);
}

/* ------------------------------------------------------ functions, checkpoints */

/* The outputs of a function of x whose result is given; takes the result. */
static gt_tensor function(int64_t id, gt_tensor x, gt_tensor result, gt_tensor saved) {
  gt_tensor out = 0, squares = gt_detach(result);
  gt_free(result);
  CHECK_OK(gt_function_apply(id, "Square", (const gt_tensor[]){x, squares, saved},
                             (const int64_t[]){1, 1, 1, 0, 0}, 1, &out));
  gt_free(squares);
  return out;
}

static int64_t square_backward(const call* call) {
  gt_tensor x = 0;
  CHECK_INT(GT_EVENT_BACKWARD, call->event);
  CHECK_INT(1, gt_function_needs_gradient(call->context, 0));
  CHECK_STATUS(GT_INDEX, "more tensors were saved", gt_function_saved(call->context, &x, 0));
  CHECK_OK(gt_function_saved(call->context, &x, 1));
  gt_tensor twice = gt_mul_scalar(x, INTEGER(2));
  call->results[0] = gt_mul(twice, call->arguments[0]);
  gt_free_many(TENSORS(x, twice));
  return 0;
}

static void a_function_calls_back_for_its_gradients(void) {
  gt_tensor x = requiring_grad(FLOATS(3));
  const int64_t id = new_id(square_backward);
  gt_tensor y = function(id, x, gt_square(x), x), z = gt_square(y);
  CHECK_OK(gt_backward(z, 0, 0, 0));
  CHECK_INT(1, calls[id]);
  EXPECT(gt_grad(x), 108);
  CHECK_STATUS(GT_ERROR, "second time", gt_backward(z, 0, 0, 0));
  CHECK_INT(0, is_released(id));
  gt_free_many(TENSORS(x, y, z));
  CHECK_INT(1, is_released(id));
}

static void the_backward_of_a_function_is_differentiated_again(void) {
  gt_tensor x = requiring_grad(FLOATS(3)), first = 0, second = 0;
  gt_tensor y = function(new_id(square_backward), x, gt_square(x), x);
  CHECK_OK(gt_autograd_grad(y, 0, TENSORS(x), 0, 1, 0, &first));
  CHECK_VALUES(first, 6);
  CHECK_OK(gt_autograd_grad(first, 0, TENSORS(x), 0, 0, 0, &second));
  CHECK_VALUES(second, 2);
  gt_free_many(TENSORS(x, y, first, second));
}

static void an_error_of_a_backward_function_ends_the_call(void) {
  gt_tensor x = requiring_grad(FLOATS(3));
  gt_tensor y = function(new_id(fail), x, gt_square(x), x);
  CHECK_INT(GT_CALLBACK, gt_backward(y, 0, 0, 0));
  CHECK_INT(last_id, gt_last_error_callback());
  CHECK_INT(0, gt_grad(x));
  gt_free_many(TENSORS(x, y));
}

static int64_t saved_was_changed(const call* call) {
  gt_tensor x = 0;
  CHECK_STATUS(GT_ERROR, "modified by an inplace operation", gt_function_saved(call->context, &x, 1));
  CHECK_INT(0, x);
  call->results[0] = gt_share(call->arguments[0]);
  return 0;
}

static void a_saved_tensor_that_changed_is_refused(void) {
  gt_tensor x = requiring_grad(FLOATS(3)), saved = FLOATS(1);
  gt_tensor y = function(new_id(saved_was_changed), x, gt_square(x), saved);
  CHECK_OK(gt_zero_(saved));
  CHECK_OK(gt_backward(y, 0, 0, 0));
  EXPECT(gt_grad(x), 1);
  gt_free_many(TENSORS(x, saved, y));
}

static void functions_that_cannot_be_are_refused_and_let_go(void) {
  gt_tensor x = FLOATS(3), out = 0;
  const int64_t id = new_id(look);
  CHECK_STATUS(GT_VALUE, "name", gt_function_apply(id, NULL, &x, (const int64_t[]){0, 1, 0, 0, 0}, 0, &out));
  CHECK_INT(1, is_released(id));
  CHECK_STATUS(GT_VALUE, "null", gt_function_apply(new_id(look), "f", &x, NULL, 0, &out));
  CHECK_STATUS(GT_VALUE, "fewer than none",
               gt_function_apply(new_id(look), "f", &x, (const int64_t[]){0, 1, -1, 0, 0}, 0, &out));
  CHECK_STATUS(GT_VALUE, "null", gt_function_saved(0, &out, 1));
  CHECK_INT(0, gt_function_needs_gradient(0, 0));
  CHECK_INT(0, out);
  gt_free(x);
}

static gt_tensor square_of_square(gt_tensor x) {
  gt_tensor squares = gt_square(x), y = gt_square(squares);
  gt_free(squares);
  return y;
}

static int64_t run_again(const call* call) {
  const int32_t before = gt_set_grad_enabled(1);
  CHECK_INT(GT_EVENT_RECOMPUTE, call->event);
  gt_free(square_of_square(call->arguments[0]));
  gt_set_grad_enabled(before);
  return 0;
}

static int64_t do_something_else(const call* call) {
  gt_free(gt_square(call->arguments[0]));
  return 0;
}

/* Backward through a checkpoint of x^4, whose second run is the code's. */
static int32_t backward_of_checkpoint(gt_tensor x, int64_t id) {
  const intptr_t checkpoint = gt_checkpoint_begin(id, TENSORS(x));
  gt_tensor y = square_of_square(x);
  CHECK_OK(gt_checkpoint_end(checkpoint));
  const int32_t status = gt_backward(y, 0, 0, 0);
  gt_free(y);
  return status;
}

static void a_checkpoint_runs_the_function_again(void) {
  gt_tensor x = requiring_grad(FLOATS(2));
  const int64_t id = new_id(run_again);
  CHECK_OK(backward_of_checkpoint(x, id));
  CHECK_INT(1, calls[id]);
  CHECK_INT(1, is_released(id));
  EXPECT(gt_grad(x), 32);
  gt_free(x);
}

static void an_error_of_the_second_run_ends_backward(void) {
  gt_tensor x = requiring_grad(FLOATS(2));
  CHECK_INT(GT_CALLBACK, backward_of_checkpoint(x, new_id(fail)));
  CHECK_INT(last_id, gt_last_error_callback());
  CHECK_STATUS(GT_ERROR, "it must do the same", backward_of_checkpoint(x, new_id(do_something_else)));
  CHECK_STATUS(GT_ERROR, "not the innermost", gt_checkpoint_end(1));
  CHECK_INT(0, gt_checkpoint_begin(0, NULL, 0));
  gt_free(x);
}

/* -------------------------------------------------------------- recording */

static gt_value given_value(gt_tensor tensor) {
  const gt_value value = {GT_VALUE_TENSOR, 0, 0, tensor};
  return value;
}

static void a_function_is_recorded(void) {
  gt_value results[1];
  const gt_tensor example = FLOATS(1), stored = FLOATS(5), x = FLOATS(3, 4);
  const int64_t id = new_id(make_double);
  const gt_script module = gt_script_trace(id, "x", &example, 1, "part.weight", &stored, 1, 1);
  CHECK(module != 0);
  CHECK_INT(1, calls[id]);
  CHECK_INT(1, is_released(id));
  const gt_value argument = given_value(x);
  CHECK_INT(1, gt_script_call(module, "forward", &argument, 1, results, 1));
  EXPECT(results[0].payload, 6, 8);
  CHECK(strcmp(gt_script_list(module, GT_SCRIPT_PARAMETERS), "part.weight\n") == 0);
  CHECK_OK(gt_script_define(module, "def twice(self, x):\n  return self.forward(x) * 2.0\n"));
  CHECK_INT(1, gt_script_call(module, "twice", &argument, 1, results, 1));
  EXPECT(results[0].payload, 12, 16);
  CHECK_STATUS(GT_VALUE, "undefined value y", gt_script_define(module, "def f(self):\n  return y\n"));
  gt_script_free(module);
  gt_free_many(TENSORS(example, stored, x));
}

static void what_cannot_be_recorded_is_refused_and_let_go(void) {
  const gt_tensor example = FLOATS(1);
  const int64_t failing = new_id(fail), unused = new_id(make_double);
  CHECK_INT(0, gt_script_trace(failing, "x", &example, 1, "", NULL, 0, 0));
  CHECK_INT(GT_CALLBACK, gt_last_error_code());
  gt_drop_last_error_callback();
  CHECK_INT(1, is_released(failing));
  CHECK_INT(0, gt_script_trace(unused, "x\ny", &example, 1, "", NULL, 0, 0));
  check_error(__FILE__, __LINE__, GT_VALUE, "2 names of arguments were given for 1 tensors");
  CHECK_INT(1, is_released(unused));
  CHECK_INT(0, gt_script_trace(0, "x", &example, 1, "", NULL, 0, 0));
  /* Recording is over. */
  EXPECT(gt_mul_scalar(example, INTEGER(3)), 3);
  gt_free(example);
}

static void anomaly_mode_names_the_node_that_failed(void) {
  CHECK_OK(gt_set_callback(called_back));
  CHECK_OK(gt_set_anomaly_mode(1, 1));
  gt_tensor x = requiring_grad(FLOATS(-1)), y = gt_sqrt(x);
  CHECK(nodes_made > 0);
  CHECK_STATUS(GT_ERROR, "nan", gt_backward(y, 0, 0, 0));
  CHECK(strstr(failed_node, "Sqrt") != NULL);
  CHECK_OK(gt_set_anomaly_mode(0, 0));
  gt_free_many(TENSORS(x, y));
  is_released(0);
  CHECK_INT(nodes_made, nodes_released);
}

const test_case callbacks_tests[] = {
    {"a hook sees the gradient and lets it pass", a_hook_sees_the_gradient_and_lets_it_pass},
    {"hooks replace the gradient in the order they were added",
     hooks_replace_the_gradient_in_the_order_they_were_added},
    {"a hook of an inner tensor changes what flows on", a_hook_of_an_inner_tensor_changes_what_flows_on},
    {"a removed hook is let go and not called", a_removed_hook_is_let_go_and_not_called},
    {"a hook may remove itself and add another", a_hook_may_remove_itself_and_add_another},
    {"a hook of a leaf sees what was added up", a_hook_of_a_leaf_sees_what_was_added_up},
    {"hooks that cannot be are refused and let go", hooks_that_cannot_be_are_refused_and_let_go},
    {"a gradient of another shape is refused", a_gradient_of_another_shape_is_refused},
    {"an error of a hook ends backward and is kept until dropped",
     an_error_of_a_hook_ends_backward_and_is_kept_until_dropped},
    {"an error is released when it is dropped", an_error_is_released_when_it_is_dropped},
    {"an error comes through a backward inside of another",
     an_error_comes_through_a_backward_inside_of_another},
    {"a function calls back for its gradients", a_function_calls_back_for_its_gradients},
    {"the backward of a function is differentiated again",
     the_backward_of_a_function_is_differentiated_again},
    {"an error of a backward function ends the call", an_error_of_a_backward_function_ends_the_call},
    {"a saved tensor that changed is refused", a_saved_tensor_that_changed_is_refused},
    {"functions that cannot be are refused and let go", functions_that_cannot_be_are_refused_and_let_go},
    {"a function is recorded", a_function_is_recorded},
    {"what cannot be recorded is refused and let go", what_cannot_be_recorded_is_refused_and_let_go},
    {"a checkpoint runs the function again", a_checkpoint_runs_the_function_again},
    {"an error of the second run ends backward", an_error_of_the_second_run_ends_backward},
    {"anomaly mode names the node that failed", anomaly_mode_names_the_node_that_failed},
    {NULL, NULL}};
