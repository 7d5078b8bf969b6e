/*
 * The C ABI of Gradus over libtorch.
 *
 * Conventions
 *   - A gt_tensor is the address of an at::TensorImpl, as an integer. Whoever receives one owns one
 *     reference and returns it with gt_free or gt_free_many; arguments are borrowed, never consumed.
 *     0 is "no tensor": the answer of a failed call, or an absent optional argument where the comment
 *     says "may be 0".
 *   - A call that makes a tensor returns 0 on failure; a call that makes none returns a status, GT_OK or
 *     the code of what went wrong. Code and message stay in the calling thread until its next failure.
 *   - No C++ exception crosses this border.
 *   - Shapes and lists are pointer + count. A list of tensors is an array of handles.
 *   - A scalar is (gt_scalar_kind, 64 bits): an integer, or the bits of a double.
 *   - Strings are UTF-8 and belong to the library; one that is not constant is valid until the same
 *     thread calls again.
 *   - Families of functions of one shape are listed once, as an X-macro.
 */
#ifndef GRADUS_TORCH_H
#define GRADUS_TORCH_H

#include <stdint.h>

#if defined(__GNUC__)
#define GT_API __attribute__((visibility("default")))
#else
#define GT_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef intptr_t gt_tensor;
typedef intptr_t gt_generator;

/* ------------------------------------------------------------------ errors */

enum gt_status {
  GT_OK = 0,
  GT_ERROR = 1,         /* libtorch refused: shapes, states, everything without a code of its own */
  GT_OUT_OF_MEMORY = 2, /* host or device */
  GT_INDEX = 3,         /* an index or a dimension out of range */
  GT_TYPE = 4,          /* a dtype or argument of the wrong type */
  GT_VALUE = 5,         /* an argument outside of what is allowed */
  GT_NOT_IMPLEMENTED = 6,
  GT_LINALG = 7,   /* a singular or non-positive-definite matrix and the like */
  GT_INTERNAL = 8, /* anything that is not an error of libtorch */
  GT_CALLBACK = 9  /* code of the caller that was called back failed: gt_last_error_callback */
};

/* The code (enum gt_status) and message of the last failure in this thread; the message carries no C++ stack.
 */
GT_API int32_t gt_last_error_code(void);
GT_API const char* gt_last_error_message(void);

/* ---------------------------------------------------------------- warnings */

/* From now on warnings of libtorch in this thread wait for gt_next_warning; without it they go to stderr.
 * Other threads that use the shim follow with the first handle that they get. */
GT_API int32_t gt_collect_warnings(void);
/* The address of a number that is how many warnings wait, those of all threads together. */
GT_API const int32_t* gt_waiting_warnings(void);
/* Takes the oldest one, with the place in libtorch that it came from; NULL if there is none. Valid until the
 * same thread calls this again. No more than a thousand wait; what comes while so many do is lost. */
GT_API const char* gt_next_warning(void);

/* ----------------------------------------------------------------- library */

/* Counts the changes of this header that code compiled for the one before cannot live with; gt_abi answers
 * the number that the shim was compiled with. */
enum gt_abi_number { GT_ABI = 2 };
GT_API int32_t gt_abi(void);
/* Version of this shim, and of the libtorch it was compiled against, such as "2.13.0". */
GT_API const char* gt_version(void);
GT_API const char* gt_libtorch_version(void);
/* The version of the libtorch in this process, as it says itself; "" where it does not. */
GT_API const char* gt_loaded_libtorch_version(void);
/* GT_OK if these two are equal. To be called before anything else. */
GT_API int32_t gt_check_libtorch(void);
/* How the shim was built, a line "key=value" each: compiler, flags, type, cuda (the version of its headers).
 */
GT_API const char* gt_shim_build(void);
/* How libtorch was built, as it describes itself (several lines). */
GT_API const char* gt_build_config(void);
/* The SIMD level of libtorch's own kernels: "DEFAULT", "AVX2", "AVX512", ... */
GT_API const char* gt_cpu_capability(void);
/* Whether this processor has instructions for bfloat16 and libtorch may use them. */
GT_API int32_t gt_cpu_has_bfloat16(void);
/* Handles given out and not yet freed, all threads together: tensors and generators. */
GT_API int64_t gt_live_handles(void);

GT_API int32_t gt_num_threads(void);
GT_API int32_t gt_set_num_threads(int32_t n);
/* The threads that run operators side by side in TorchScript and the like; settable once, before their first
 * use. */
GT_API int32_t gt_num_interop_threads(void);
GT_API int32_t gt_set_num_interop_threads(int32_t n);
/* Treats denormal floats as zero in this thread and those that libtorch starts from it. 1 if the CPU can. */
GT_API int32_t gt_set_flush_denormal(int32_t on);
/* Lets malloc keep freed memory instead of returning it to the system: a training step reuses the same
 * blocks, and the page faults of fresh ones cost 8 % of it. For the whole process; not undone. */
GT_API int32_t gt_retain_freed_memory(void);
/* Switches of the backends, on or off for the whole process; all exist without CUDA, too. */
enum gt_switch {
  GT_TF32_MATMUL = 0, /* TF32 in cuBLAS */
  GT_TF32_CUDNN = 1,
  GT_CUDNN_ENABLED = 2,
  GT_CUDNN_BENCHMARK = 3, /* measure which algorithm is the fastest for each new shape */
  GT_CUDNN_DETERMINISTIC = 4,
  GT_DETERMINISTIC = 5,           /* operators without a deterministic algorithm throw */
  GT_DETERMINISTIC_WARN_ONLY = 6, /* ... or warn */
  GT_SDP_FLASH = 7,               /* what scaled_dot_product_attention may choose from */
  GT_SDP_MEM_EFFICIENT = 8,
  GT_SDP_MATH = 9,
  GT_SDP_CUDNN = 10,
  GT_MKLDNN_ENABLED = 11 /* oneDNN on the CPU */
};
/* 1 or 0; -1 on failure. */
GT_API int32_t gt_get_switch(int32_t which);
GT_API int32_t gt_set_switch(int32_t which, int32_t on);
/* How exact float32 matrix products are: 0 highest, 1 high (TF32), 2 medium (bfloat16). */
GT_API int32_t gt_matmul_precision(void);
GT_API int32_t gt_set_matmul_precision(int32_t precision);
/* Host memory: an allocation larger than this is refused as out of memory; 0 = larger than what the machine,
 * or the control group of the process, has left. */
GT_API int32_t gt_set_allocation_limit(int64_t bytes);

/* ---------------------------------------------------------- handles, queries */

/* Frees; 0 is ignored. */
GT_API void gt_free(gt_tensor tensor);
GT_API void gt_free_many(const gt_tensor* tensors, int64_t count);
/* A second handle of the same tensor. */
GT_API gt_tensor gt_share(gt_tensor tensor);

/* Queries that neither block nor call back. These two answer -1 on failure: a tensor of a kind of its own may
 * not have what is asked for, as a nested one has no shape. */
GT_API int64_t gt_dim(gt_tensor tensor);
GT_API int64_t gt_numel(gt_tensor tensor);
/* They write gt_dim numbers, and answer a status. */
GT_API int32_t gt_sizes(gt_tensor tensor, int64_t* out);
GT_API int32_t gt_strides(gt_tensor tensor, int64_t* out);
/* These cannot fail on a live handle. */
GT_API int64_t gt_element_size(gt_tensor tensor);
GT_API int32_t gt_dtype(gt_tensor tensor);
GT_API int32_t gt_device_type(gt_tensor tensor);
GT_API int32_t gt_device_index(gt_tensor tensor);
GT_API int32_t gt_requires_grad(gt_tensor tensor);
GT_API int32_t gt_is_leaf(gt_tensor tensor);
GT_API int32_t gt_is_contiguous(gt_tensor tensor, int32_t memory_format);
/* Where the memory at a handle has the shape, in bytes from its start, for reading it there. All are words of
 * 64 bits. Where the word at `policy` has none of the bits of `custom_sizes`, the word at `dim` is the number
 * of dimensions, that at `numel` the number of elements, and the sizes begin at `sizes`; with more than
 * `max_inside` dimensions their address is there. Where it has one, only the queries above know the shape. */
typedef struct {
  int64_t dim, sizes, max_inside, numel, policy, custom_sizes;
} gt_fields;
/* Fails if a tensor of the libtorch in this process does not look like that; all fields are 0 then. */
GT_API int32_t gt_tensor_fields(gt_fields* out);

/* The address of the first element, on whatever device the tensor is; NULL if it has none. */
GT_API void* gt_data_ptr(gt_tensor tensor);
/* The only element as a number, and whether that number is integral (bool included). */
GT_API int32_t gt_item(gt_tensor tensor, double* as_double, int64_t* as_int64, int32_t* is_integral);

/* ----------------------------------------------------------- making tensors */

enum gt_scalar_kind { GT_INT64 = 0, GT_DOUBLE = 1, GT_BOOL = 2 };

/* dtype: c10::ScalarType. device_type: c10::DeviceType, index -1 = the current one. */
#define GT_OPTIONS int32_t dtype, int32_t device_type, int32_t device_index, int32_t requires_grad
#define GT_SCALAR(name) int32_t name##_kind, int64_t name##_bits

#define GT_FACTORIES(X) X(empty) X(zeros) X(ones)
#define GT_DECLARE(name) GT_API gt_tensor gt_##name(const int64_t* sizes, int64_t count, GT_OPTIONS);
GT_FACTORIES(GT_DECLARE)
#undef GT_DECLARE

/* Numbers from a generator (0 = the default one of the device). */
#define GT_RANDOM_FACTORIES(X) X(rand) X(randn)
#define GT_DECLARE(name) \
  GT_API gt_tensor gt_##name(const int64_t* sizes, int64_t count, gt_generator generator, GT_OPTIONS);
GT_RANDOM_FACTORIES(GT_DECLARE)
#undef GT_DECLARE

#define GT_LIKE_FACTORIES(X) X(empty_like) X(zeros_like) X(ones_like)
GT_API gt_tensor gt_full(const int64_t* sizes, int64_t count, GT_SCALAR(value), GT_OPTIONS);
GT_API gt_tensor gt_randint(int64_t low, int64_t high, const int64_t* sizes, int64_t count,
                            gt_generator generator, GT_OPTIONS);
GT_API gt_tensor gt_randperm(int64_t n, gt_generator generator, GT_OPTIONS);
GT_API gt_tensor gt_randn_like(gt_tensor self, gt_generator generator);
GT_API gt_tensor gt_arange(GT_SCALAR(start), GT_SCALAR(end), GT_SCALAR(step), GT_OPTIONS);
GT_API gt_tensor gt_linspace(double start, double end, int64_t steps, GT_OPTIONS);
GT_API gt_tensor gt_eye(int64_t n, GT_OPTIONS);

/* --------------------------------------------------------------- generators */

GT_API gt_generator gt_generator_new(int32_t device_type, int32_t device_index, int64_t seed);
/* The one that libtorch uses where none is named. */
GT_API gt_generator gt_generator_default(int32_t device_type, int32_t device_index);
GT_API void gt_generator_free(gt_generator generator);
GT_API int32_t gt_generator_seed(gt_generator generator, int64_t seed);
/* Seeds it from the system's source of randomness and writes that seed. */
GT_API int32_t gt_generator_seed_anew(gt_generator generator, int64_t* seed);
GT_API int32_t gt_generator_initial_seed(gt_generator generator, int64_t* seed);
/* The state as a tensor of bytes on the CPU. */
GT_API gt_tensor gt_generator_state(gt_generator generator);
GT_API int32_t gt_generator_set_state(gt_generator generator, gt_tensor state);

/* -------------------------------------------------- operators, one by shape */

/* clang-format off */
#define GT_UNARY_OPS(X)                                                                                   \
  X(neg) X(abs) X(sign) X(exp) X(expm1) X(log) X(log1p) X(log2) X(sqrt) X(rsqrt) X(square) X(reciprocal)  \
  X(sin) X(cos) X(tan) X(asin) X(acos) X(atan) X(sinh) X(cosh) X(tanh) X(sigmoid) X(erf) X(floor) X(ceil) \
  X(round) X(trunc) X(relu) X(silu) X(logical_not) X(isnan) X(isinf) X(isfinite) X(all) X(any) X(max)     \
  X(min) X(detach) X(nonzero)
/* clang-format on */
#define GT_DECLARE(name) GT_API gt_tensor gt_##name(gt_tensor self);
GT_UNARY_OPS(GT_DECLARE)
GT_LIKE_FACTORIES(GT_DECLARE)
#undef GT_DECLARE

/* clang-format off */
#define GT_UNARY_INPLACE_OPS(X)                                                                          \
  X(neg) X(abs) X(exp) X(log) X(sqrt) X(square) X(reciprocal) X(tanh) X(sigmoid) X(relu) X(silu) X(zero) \
  X(round)
/* clang-format on */
#define GT_DECLARE(name) GT_API int32_t gt_##name##_(gt_tensor self);
GT_UNARY_INPLACE_OPS(GT_DECLARE)
#undef GT_DECLARE

/* clang-format off */
#define GT_BINARY_OPS(X)                                                                                 \
  X(add) X(sub) X(mul) X(div) X(pow) X(remainder) X(eq) X(ne) X(lt) X(le) X(gt) X(ge) X(maximum)         \
  X(minimum) X(atan2) X(logical_and) X(logical_or) X(logical_xor) X(matmul) X(mm) X(bmm) X(dot) X(outer)
/* clang-format on */
#define GT_DECLARE(name) GT_API gt_tensor gt_##name(gt_tensor self, gt_tensor other);
GT_BINARY_OPS(GT_DECLARE)
#undef GT_DECLARE

/* clang-format off */
#define GT_BINARY_SCALAR_OPS(X)                                                       \
  X(add) X(sub) X(mul) X(div) X(pow) X(remainder) X(eq) X(ne) X(lt) X(le) X(gt) X(ge)
/* clang-format on */
#define GT_DECLARE(name) GT_API gt_tensor gt_##name##_scalar(gt_tensor self, GT_SCALAR(other));
GT_BINARY_SCALAR_OPS(GT_DECLARE)
#undef GT_DECLARE

#define GT_BINARY_INPLACE_OPS(X) X(add) X(sub) X(mul) X(div) X(copy)
#define GT_DECLARE(name) GT_API int32_t gt_##name##_(gt_tensor self, gt_tensor other);
GT_BINARY_INPLACE_OPS(GT_DECLARE)
#undef GT_DECLARE

#define GT_BINARY_SCALAR_INPLACE_OPS(X) X(add) X(sub) X(mul) X(div) X(fill)
#define GT_DECLARE(name) GT_API int32_t gt_##name##_scalar_(gt_tensor self, GT_SCALAR(other));
GT_BINARY_SCALAR_INPLACE_OPS(GT_DECLARE)
#undef GT_DECLARE

/* self + alpha * other */
GT_API gt_tensor gt_add_scaled(gt_tensor self, gt_tensor other, GT_SCALAR(alpha));
GT_API int32_t gt_add_scaled_(gt_tensor self, gt_tensor other, GT_SCALAR(alpha));
GT_API gt_tensor gt_lerp(gt_tensor self, gt_tensor end, double weight);
GT_API int32_t gt_lerp_(gt_tensor self, gt_tensor end, double weight);
GT_API gt_tensor gt_clamp(gt_tensor self, double low, double high);
GT_API int32_t gt_clamp_(gt_tensor self, double low, double high);
GT_API gt_tensor gt_where(gt_tensor condition, gt_tensor self, gt_tensor other);
GT_API gt_tensor gt_masked_fill(gt_tensor self, gt_tensor mask, GT_SCALAR(value));
/* generator: 0 = the default one. */
GT_API int32_t gt_normal_(gt_tensor self, double mean, double std, gt_generator generator);
GT_API int32_t gt_uniform_(gt_tensor self, double low, double high, gt_generator generator);
GT_API int32_t gt_bernoulli_(gt_tensor self, double p, gt_generator generator);

/* Reductions. dims: count 0 = all of them. */
#define GT_REDUCTIONS(X) X(sum) X(mean) X(amax) X(amin) X(logsumexp)
#define GT_DECLARE(name) \
  GT_API gt_tensor gt_##name(gt_tensor self, const int64_t* dims, int64_t count, int32_t keepdim);
GT_REDUCTIONS(GT_DECLARE)
#undef GT_DECLARE
#define GT_MOMENTS(X) X(var) X(std)
#define GT_DECLARE(name)                                                                             \
  GT_API gt_tensor gt_##name(gt_tensor self, const int64_t* dims, int64_t count, int64_t correction, \
                             int32_t keepdim);
GT_MOMENTS(GT_DECLARE)
#undef GT_DECLARE
/* One dimension, result of the same shape. */
#define GT_SCANS(X) X(cumsum) X(cumprod) X(softmax) X(log_softmax)
#define GT_DECLARE(name) GT_API gt_tensor gt_##name(gt_tensor self, int64_t dim);
GT_SCANS(GT_DECLARE)
#undef GT_DECLARE
#define GT_ARG_REDUCTIONS(X) X(argmax) X(argmin)
#define GT_DECLARE(name) GT_API gt_tensor gt_##name(gt_tensor self, int64_t dim, int32_t keepdim);
GT_ARG_REDUCTIONS(GT_DECLARE)
#undef GT_DECLARE
/* The p-norm of all elements. */
GT_API gt_tensor gt_norm(gt_tensor self, double p);
/* Writes both results; 0 and 0 on failure. */
GT_API int32_t gt_sort(gt_tensor self, int64_t dim, int32_t descending, gt_tensor* values,
                       gt_tensor* indices);
GT_API int32_t gt_topk(gt_tensor self, int64_t k, int64_t dim, int32_t largest, gt_tensor* values,
                       gt_tensor* indices);

/* --------------------------------------------------------- shapes, indexing */

#define GT_SHAPE_OPS(X) X(reshape) X(view) X(permute) X(flip) X(repeat)
#define GT_DECLARE(name) GT_API gt_tensor gt_##name(gt_tensor self, const int64_t* sizes, int64_t count);
GT_SHAPE_OPS(GT_DECLARE)
GT_API gt_tensor gt_expand(gt_tensor self, const int64_t* sizes, int64_t count);
#undef GT_DECLARE
GT_API gt_tensor gt_transpose(gt_tensor self, int64_t dim0, int64_t dim1);
GT_API gt_tensor gt_flatten(gt_tensor self, int64_t start_dim, int64_t end_dim);
GT_API gt_tensor gt_unsqueeze(gt_tensor self, int64_t dim);
GT_API gt_tensor gt_squeeze(gt_tensor self);
GT_API gt_tensor gt_squeeze_dim(gt_tensor self, int64_t dim);
GT_API gt_tensor gt_select(gt_tensor self, int64_t dim, int64_t index);
GT_API gt_tensor gt_narrow(gt_tensor self, int64_t dim, int64_t start, int64_t length);
GT_API gt_tensor gt_slice(gt_tensor self, int64_t dim, int64_t start, int64_t end, int64_t step);
/* Writes at most `capacity` tensors and returns how many; -1 on failure, also when there are more. */
GT_API int64_t gt_chunk(gt_tensor self, int64_t chunks, int64_t dim, gt_tensor* out, int64_t capacity);
GT_API int64_t gt_split(gt_tensor self, int64_t size, int64_t dim, gt_tensor* out, int64_t capacity);
GT_API gt_tensor gt_index_select(gt_tensor self, int64_t dim, gt_tensor index);
GT_API gt_tensor gt_gather(gt_tensor self, int64_t dim, gt_tensor index);
GT_API gt_tensor gt_masked_select(gt_tensor self, gt_tensor mask);
GT_API gt_tensor gt_cat(const gt_tensor* tensors, int64_t count, int64_t dim);
GT_API gt_tensor gt_stack(const gt_tensor* tensors, int64_t count, int64_t dim);
/* memory_format: c10::MemoryFormat. */
GT_API gt_tensor gt_contiguous(gt_tensor self, int32_t memory_format);
GT_API gt_tensor gt_clone(gt_tensor self, int32_t memory_format);
/* dtype -1 and device_type -1 = as it is. */
GT_API gt_tensor gt_to(gt_tensor self, int32_t dtype, int32_t device_type, int32_t device_index,
                       int32_t non_blocking, int32_t copy, int32_t memory_format);

#include "gradus_torch_data.h"

/* ------------------------------------------------------------ neural networks */

/* bias may be 0 */
GT_API gt_tensor gt_linear(gt_tensor input, gt_tensor weight, gt_tensor bias);
GT_API gt_tensor gt_conv2d(gt_tensor input, gt_tensor weight, gt_tensor bias, int64_t stride_h,
                           int64_t stride_w, int64_t padding_h, int64_t padding_w, int64_t dilation_h,
                           int64_t dilation_w, int64_t groups);
/* weight and bias may be 0 */
GT_API gt_tensor gt_group_norm(gt_tensor input, int64_t groups, gt_tensor weight, gt_tensor bias, double eps);
/* In one pass over the memory, on the CPU and on GPUs: the group norm of input + added, times (1 + s) plus t,
   through SiLU. weight, bias, added (B, C), and scale_shift (B, 2 C), which is s and then t, may be 0. Inner
   results have the precision of float32, of float64 for a float64 input. Where passed is not NULL it gets the
   input for those who use it too, as a residual connection does: their gradient is then added in the same
   pass. */
GT_API gt_tensor gt_fused_group_norm(gt_tensor input, int64_t groups, gt_tensor weight, gt_tensor bias,
                                     double eps, gt_tensor added, gt_tensor scale_shift, int32_t silu,
                                     gt_tensor* passed);
/* 1 if it has a kernel of its own for tensors of such a device, 0 if libtorch's operators stand in. */
GT_API int32_t gt_has_fused_group_norm(int32_t device_type);
GT_API gt_tensor gt_layer_norm(gt_tensor input, const int64_t* normalized_shape, int64_t count,
                               gt_tensor weight, gt_tensor bias, double eps);
GT_API gt_tensor gt_embedding(gt_tensor weight, gt_tensor indices);
GT_API gt_tensor gt_dropout(gt_tensor input, double p, int32_t train);
GT_API gt_tensor gt_gelu(gt_tensor self, int32_t tanh_approximation);
GT_API gt_tensor gt_leaky_relu(gt_tensor self, double negative_slope);
/* padding: pairs (before, after) from the last dimension backwards. */
GT_API gt_tensor gt_pad(gt_tensor self, const int64_t* padding, int64_t count, double value);
GT_API gt_tensor gt_upsample_nearest2d(gt_tensor input, int64_t height, int64_t width);
GT_API gt_tensor gt_upsample_nearest2d_scale(gt_tensor input, double scale_h, double scale_w);
GT_API gt_tensor gt_avg_pool2d(gt_tensor input, int64_t kernel, int64_t stride, int64_t padding);
GT_API gt_tensor gt_max_pool2d(gt_tensor input, int64_t kernel, int64_t stride, int64_t padding);
/* mask may be 0; scale NaN = 1 / sqrt(head size). */
GT_API gt_tensor gt_scaled_dot_product_attention(gt_tensor query, gt_tensor key, gt_tensor value,
                                                 gt_tensor mask, double dropout_p, int32_t is_causal,
                                                 double scale);
enum gt_reduction { GT_REDUCE_NONE = 0, GT_REDUCE_MEAN = 1, GT_REDUCE_SUM = 2 };
GT_API gt_tensor gt_mse_loss(gt_tensor input, gt_tensor target, int64_t reduction);
GT_API gt_tensor gt_cross_entropy(gt_tensor input, gt_tensor target, int64_t reduction);

/* ------------------------------------------------------------------ autograd */

GT_API int32_t gt_set_requires_grad(gt_tensor self, int32_t on);
/* gradient may be 0 for a tensor of one element. */
GT_API int32_t gt_backward(gt_tensor self, gt_tensor gradient, int32_t retain_graph, int32_t create_graph);
/* 0 with code GT_OK where there is none. */
GT_API gt_tensor gt_grad(gt_tensor self);
/* gradient 0 removes it. */
GT_API int32_t gt_set_grad(gt_tensor self, gt_tensor gradient);
/* d output / d inputs, one handle an input, 0 for an input that took no part (allow_unused). */
GT_API int32_t gt_autograd_grad(gt_tensor output, gt_tensor gradient, const gt_tensor* inputs, int64_t count,
                                int32_t retain_graph, int32_t create_graph, int32_t allow_unused,
                                gt_tensor* out);
/* The modes of this thread; the setters return what was before. */
GT_API int32_t gt_grad_enabled(void);
GT_API int32_t gt_set_grad_enabled(int32_t on);
/* Autocasting in this thread. Enter returns what exit takes to restore what was before; exit from the
 * outermost also drops the cached casts of the weights. -1 on failure. */
GT_API int64_t gt_autocast_enter(int32_t device_type, int32_t enabled, int32_t dtype);
GT_API int32_t gt_autocast_exit(int32_t device_type, int64_t before);

#include "gradus_torch_autograd.h"

/* ------------------------------------------------------- many tensors, one call */

/* Scales the gradients of `parameters` in place so that their 2-norm is at most max_norm, and returns that
 * norm before scaling (torch.nn.utils.clip_grad_norm_ with foreach). */
GT_API gt_tensor gt_clip_grad_norm_(const gt_tensor* parameters, int64_t count, double max_norm);
/* The same norm without scaling. */
GT_API gt_tensor gt_grad_norm(const gt_tensor* parameters, int64_t count);
/* Removes the gradients, or fills them with zeros. */
GT_API int32_t gt_zero_grads(const gt_tensor* parameters, int64_t count, int32_t set_to_none);
/* self += weight * (end - self), list by list (torch._foreach_lerp_). */
GT_API int32_t gt_foreach_lerp_(const gt_tensor* self, const gt_tensor* end, int64_t count, double weight);
/* The same with a weight that is read where it is, a float64 of one number beside the tensors. */
GT_API int32_t gt_foreach_lerp_tensor_(const gt_tensor* self, const gt_tensor* end, int64_t count,
                                       gt_tensor weight);
GT_API int32_t gt_foreach_copy_(const gt_tensor* self, const gt_tensor* source, int64_t count);
/* Limits every element of the gradients to [-bound, bound] (torch.nn.utils.clip_grad_value_ with foreach). */
GT_API int32_t gt_clip_grad_value_(const gt_tensor* parameters, int64_t count, double bound);

/* ---------------------------------------------------------------- by subject */

#include "gradus_torch_cuda.h"
#include "gradus_torch_distributed.h"
#include "gradus_torch_operators.h"
#include "gradus_torch_optim.h"
#include "gradus_torch_profiler.h"
#include "gradus_torch_script.h"

#ifdef __cplusplus
}
#endif
#endif
