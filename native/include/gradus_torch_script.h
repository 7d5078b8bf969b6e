/* TorchScript modules: load, record, call, look into, save. Part of gradus_torch.h, after
 * gradus_torch_operators.h.
 */
#ifndef GRADUS_TORCH_SCRIPT_H
#define GRADUS_TORCH_SCRIPT_H

/* A module; any number of threads may call it at once. What changes it as a whole (train, to) waits until no
 * call is under way. */
typedef intptr_t gt_script;

/* device_type -1 = where each tensor was when it was saved. 0 on failure. */
GT_API gt_script gt_script_load(const char* path, int32_t device_type, int32_t device_index);
/* The same from the bytes of such a file; `name` is for messages. */
GT_API gt_script gt_script_load_memory(const void* bytes, int64_t count, const char* name,
                                       int32_t device_type, int32_t device_index);
/* Records what GT_EVENT_TRACE of `callback` does with the inputs; that becomes the method `forward`, whose
 * arguments have these names, one a line. `tensors` are stored in it under `names`, one a line,
 * "layers.0.weight" in parts: first parameters, then buffers. Other tensors and all sizes become constants.
 * Records with the thread's gradient mode. 0 on failure. */
GT_API gt_script gt_script_trace(int64_t callback, const char* argument_names, const gt_tensor* inputs,
                                 int64_t input_count, const char* names, const gt_tensor* tensors,
                                 int64_t parameter_count, int64_t count);
/* Adds methods, "def twice(self, x):\n  return 2 * x". */
GT_API int32_t gt_script_define(gt_script module, const char* source);
GT_API void gt_script_free(gt_script module);
GT_API int32_t gt_script_save(gt_script module, const char* path);
GT_API int32_t gt_script_train(gt_script module, int32_t on);
/* 1 or 0; -1 on failure. */
GT_API int32_t gt_script_is_training(gt_script module);
/* dtype -1 and device_type -1 = as it is. The dtype is for floating-point tensors only. */
GT_API int32_t gt_script_to(gt_script module, int32_t dtype, int32_t device_type, int32_t device_index);

enum gt_script_names {
  GT_SCRIPT_PARAMETERS = 0,
  GT_SCRIPT_BUFFERS = 1,
  GT_SCRIPT_ATTRIBUTES = 2, /* whatever is stored and no parameter, buffer or module */
  GT_SCRIPT_METHODS = 3     /* of the module itself; the others are of its parts, too: "layers.0.weight" */
};
/* One a line; valid until the thread's next call. NULL on failure. */
GT_API const char* gt_script_list(gt_script module, int32_t names);
/* A parameter, buffer or attribute by such a name, as results of gt_operator_call are given. */
GT_API int64_t gt_script_get(gt_script module, const char* name, gt_value* results, int64_t capacity);
/* "forward(Tensor x, int n=1) -> Tensor"; valid until the thread's next call. */
GT_API const char* gt_script_schema(gt_script module, const char* method);
/* Calls a method as gt_operator_call calls an operator; `count` values in the order of its schema, without
 * the module itself. */
GT_API int64_t gt_script_call(gt_script module, const char* method, const gt_value* arguments, int64_t count,
                              gt_value* results, int64_t capacity);

#endif
