/*
 * Automatic differentiation beyond a plain backward: a part of gradus_torch.h, whose conventions hold.
 *
 * Code of the caller that libtorch runs - hooks, backward functions, recomputation - has an id that the
 * caller chooses, above 0, and is reached through one function for all of them (gt_set_callback). The shim
 * counts the references to an id; when the last one goes - the graph or tensor died, or the call that named
 * it failed - the id is put into a list that the caller reads (gt_released_callbacks) to let go of what it
 * stands for. It is a list and not a call, since graphs die at any time: in a free, in a thread that ends, at
 * the end of the process.
 */
#ifndef GRADUS_TORCH_AUTOGRAD_H
#define GRADUS_TORCH_AUTOGRAD_H

/* ---------------------------------------------------------------- callbacks */

enum gt_callback_event {
  /* A gradient arrives at a tensor: 1 argument; 1 result, the gradient to go on with, or 0 for the same. */
  GT_EVENT_HOOK = 1,
  /* The gradient of a leaf has been added up: 1 argument, the leaf; no result. */
  GT_EVENT_ACCUMULATED = 2,
  /* Backward of a function (gt_function_apply): the gradients of its outputs, 0 for none; as many results as
   * it had inputs, 0 for no gradient. The context is good for gt_function_saved and
   * gt_function_needs_gradient. */
  GT_EVENT_BACKWARD = 3,
  /* A checkpointed function is to be run again (gt_checkpoint_begin): its inputs; no result. */
  GT_EVENT_RECOMPUTE = 4,
  /* Anomaly mode: a node is made; the id, below 0, is new, and the caller notes its stack under it. */
  GT_EVENT_NODE_MADE = 5,
  /* Anomaly mode: the node of this id failed; the context is its name as a C string. */
  GT_EVENT_NODE_FAILED = 6,
  /* A function is recorded (gt_script_trace): its inputs; 1 result. */
  GT_EVENT_TRACE = 7
};

/* Runs in whatever thread libtorch is in. The arguments are the callee's, who frees them; results[i] becomes
 * the shim's. Answers 0, or the id of an error, which the call of the shim around it reports as GT_CALLBACK.
 */
typedef int64_t (*gt_callback)(int64_t id, int32_t event, const gt_tensor* arguments, int64_t count,
                               gt_tensor* results, int64_t result_count, intptr_t context);
/* Once, before all else of this part. */
GT_API int32_t gt_set_callback(gt_callback callback);
/* Takes ids off the list of released ones; returns how many were written. */
GT_API int64_t gt_released_callbacks(int64_t* out, int64_t capacity);
/* The id of the error behind this thread's last failure if that is GT_CALLBACK, else 0; held until the next
 * failure, or until it is dropped. */
GT_API int64_t gt_last_error_callback(void);
GT_API void gt_drop_last_error_callback(void);

/* -------------------------------------------------------- gradients and hooks */

/* Several roots at once. gradients: NULL, or one a root, 0 for a root of one element. */
GT_API int32_t gt_backward_many(const gt_tensor* roots, const gt_tensor* gradients, int64_t count,
                                int32_t retain_graph, int32_t create_graph);
/* As gt_autograd_grad, of the sum of several outputs. */
GT_API int32_t gt_autograd_grad_many(const gt_tensor* outputs, const gt_tensor* gradients, int64_t count,
                                     const gt_tensor* inputs, int64_t input_count, int32_t retain_graph,
                                     int32_t create_graph, int32_t allow_unused, gt_tensor* out);

/* Keeps the gradient of a tensor that is no leaf. */
GT_API int32_t gt_retain_grad(gt_tensor self);
GT_API int32_t gt_retains_grad(gt_tensor self);
GT_API int32_t gt_is_inference(gt_tensor self);
/* How often it was changed in place; -1 on failure (a tensor made in inference mode does not count). */
GT_API int64_t gt_version_of(gt_tensor self);

/* event: GT_EVENT_HOOK or GT_EVENT_ACCUMULATED. Hooks run in the order they were added. */
GT_API int32_t gt_hook_add(gt_tensor self, int64_t id, int32_t event);
/* Nothing happens where it is gone already. */
GT_API void gt_hook_remove(int64_t id);

/* --------------------------------------------------------- custom functions */

/* The end of a forward: makes the outputs results of a node that calls back for the gradients. `tensors`
 * holds the inputs, outputs, saved tensors (0 allowed), inputs changed in place and outputs without
 * gradients, `counts` these five numbers. An output that is an input must be one changed in place, else it
 * becomes a view. Writes one handle an output. materialize: gradients that are missing reach the callback as
 * zeros. */
GT_API int32_t gt_function_apply(int64_t id, const char* name, const gt_tensor* tensors,
                                 const int64_t* counts, int32_t materialize, gt_tensor* out);
/* During GT_EVENT_BACKWARD, with its context: the saved tensors; fails if one was changed in place since. */
GT_API int32_t gt_function_saved(intptr_t context, gt_tensor* out, int64_t capacity);
GT_API int32_t gt_function_needs_gradient(intptr_t context, int64_t input);

/* -------------------------------------------------------------- checkpoints */

/* From begin to end, what operators of this thread save for backward is not kept; when backward needs the
 * first of it, the callback runs the function again. Begin returns 0 on failure. */
GT_API intptr_t gt_checkpoint_begin(int64_t id, const gt_tensor* inputs, int64_t count);
GT_API int32_t gt_checkpoint_end(intptr_t checkpoint);

/* -------------------------------------------------------------------- modes */

/* Inference mode of this thread, on or off; exit innermost first, with what enter returned (0: failure). */
GT_API intptr_t gt_inference_enter(int32_t on);
GT_API void gt_inference_exit(intptr_t mode);
GT_API int32_t gt_inference_enabled(void);
/* Of the process. */
GT_API int32_t gt_set_anomaly_mode(int32_t on, int32_t check_nan);

/* ---------------------------------------------------------- mixed precision */

GT_API int32_t gt_autocast_enabled(int32_t device_type);
GT_API int32_t gt_autocast_dtype(int32_t device_type);
/* Whether casts of weights are kept until the outermost scope ends; the setter returns what was before. */
GT_API int32_t gt_autocast_cache_enabled(void);
GT_API int32_t gt_set_autocast_cache_enabled(int32_t on);
/* Divides the gradients of the parameters by the scale, in place, and sets found_inf (float32, one element,
 * on the device of the scale) to 1 if any of them is not finite, else to 0. */
GT_API int32_t gt_amp_unscale_(const gt_tensor* parameters, int64_t count, gt_tensor scale,
                               gt_tensor found_inf);
/* Grows or shrinks the scale (float32) and its tracker (int32), one element each. */
GT_API int32_t gt_amp_update_scale_(gt_tensor scale, gt_tensor growth_tracker, gt_tensor found_inf,
                                    double growth_factor, double backoff_factor, int64_t growth_interval);

#endif
