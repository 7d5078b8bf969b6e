/*
 * Part of gradus_torch.h, which includes it: dtypes, elements in and out, tensors over memory of the caller,
 * indexing, and what printing asks for.
 */
#ifndef GRADUS_TORCH_DATA_H
#define GRADUS_TORCH_DATA_H

/* ------------------------------------------------------------------- dtypes */

/* The type that both can be converted to without loss of kind (torch.promote_types); -1 on failure. */
GT_API int32_t gt_promote_types(int32_t first, int32_t second);
/* The floating-point type of whatever is made from real numbers without a type of its own. */
GT_API int32_t gt_default_dtype(void);
GT_API int32_t gt_set_default_dtype(int32_t dtype);

/* --------------------------------------------------------- elements in and out */

/* The three that follow copy between host memory and tensors on the CPU whose elements lie in row-major order
 * without gaps, in the given dtype. They neither block nor call back, so they may be called without the
 * transition of an ordinary call, with addresses of memory that only stays in place while they run. */

/* A new tensor with a copy of the memory; `bytes` must be what sizes and dtype need. */
GT_API gt_tensor gt_from_data(const void* data, int64_t bytes, const int64_t* sizes, int64_t count,
                              int32_t dtype);
/* GT_NOT_PLAIN: nothing was copied, since the tensor is not as described above. */
enum gt_copy_status { GT_NOT_PLAIN = 100 };
GT_API int32_t gt_copy_out(gt_tensor self, int32_t dtype, void* out, int64_t bytes);
/* Counts as a change in place, which gradients of what was there before must not survive. */
GT_API int32_t gt_copy_in(gt_tensor self, int32_t dtype, const void* data, int64_t bytes);
/* The same for a caller that copies itself: the address to copy to; NULL if the tensor is not such, or empty.
 */
GT_API void* gt_overwrite(gt_tensor self, int32_t dtype);

/* The elements as such a tensor, outside of the gradient graph; the tensor itself where it is one. */
GT_API gt_tensor gt_to_host(gt_tensor self, int32_t dtype);
/* As gt_item, for every dtype. */
GT_API int32_t gt_item_complex(gt_tensor self, double* real, double* imaginary);

/* A handle that holds the memory of a tensor on the CPU, and where that is. As long as the tensor lives, its
 * storage can no longer be resized, so the address stays good until the handle is freed. */
GT_API gt_tensor gt_hold_memory(gt_tensor self, void** data);

/* Tensors over memory that the caller owns. A lease counts those that are alive, with all their views and the
 * graphs that use them as one; the memory may be freed when it is at 0. */
GT_API void* gt_lease_new(void);
GT_API int64_t gt_lease_count(const void* lease);
/* The caller's reference; the tensors hold their own. */
GT_API void gt_lease_free(void* lease);
GT_API gt_tensor gt_leased_tensor(void* lease, void* data, const int64_t* sizes, int64_t count,
                                  int32_t dtype);

/* ----------------------------------------------------------------- indexing */

/* An index is four numbers: its kind, and what the kind takes. */
enum gt_index_kind {
  GT_INDEX_AT = 0,       /* the position */
  GT_INDEX_RANGE = 1,    /* start, end, step; INT64_MIN as start or end: from the first, to the last */
  GT_INDEX_NEW_AXIS = 2, /* nothing */
  GT_INDEX_ELLIPSIS = 3, /* nothing */
  GT_INDEX_BOOL = 4,     /* 0 or 1 */
  GT_INDEX_TENSOR = 5    /* a handle: integers, or a mask */
};
enum gt_index_size { GT_INDEX_NUMBERS = 4 };

/* self[indices] as in Python: a view where no tensor or truth value is among the indices, else a copy. */
GT_API gt_tensor gt_get_item(gt_tensor self, const int64_t* indices, int64_t count);
/* The same for positions alone, one number each. */
GT_API gt_tensor gt_get_at(gt_tensor self, const int64_t* positions, int64_t count);
/* self[indices] = value */
GT_API int32_t gt_set_item(gt_tensor self, const int64_t* indices, int64_t count, gt_tensor value);
GT_API int32_t gt_set_item_scalar(gt_tensor self, const int64_t* indices, int64_t count, GT_SCALAR(value));

/* ----------------------------------------------------------------- printing */

/* PyTorch's name of the layout, such as "strided". */
GT_API const char* gt_layout_name(gt_tensor self);
/* The name of the function of the graph that made the tensor; empty for a leaf. */
GT_API const char* gt_grad_fn_name(gt_tensor self);
/* What is shown of a long tensor: of every dimension that is longer than 2 * edge, the first and last `edge`
 * indices. As a tensor for gt_copy_out, of type dtype. */
GT_API gt_tensor gt_edges(gt_tensor self, int64_t edge, int32_t dtype);

#endif
