/*
 * Several processes that work together, by libtorch's own engine (c10d): a part of gradus_torch.h, whose
 * conventions hold.
 *
 * Processes find each other through a store of keys and values that one of them serves, and exchange tensors
 * in a group, over a backend: Gloo for memory of the host, NCCL for that of CUDA devices. A function of a
 * backend that this build lacks fails with GT_NOT_IMPLEMENTED and says what is missing.
 *
 * All ranks of a group call the same operations in the same order, with tensors of the same shape and dtype,
 * contiguous in memory. An operation is begun and answers a gt_work, or 0 on failure; its tensors must not be
 * touched until it is done, and are held by it. timeout: milliseconds, 0 = that of the group or store.
 */
#ifndef GRADUS_TORCH_DISTRIBUTED_H
#define GRADUS_TORCH_DISTRIBUTED_H

typedef intptr_t gt_store;
typedef intptr_t gt_group;
typedef intptr_t gt_work;

enum gt_backend { GT_GLOO = 0, GT_NCCL = 1 };
/* GT_OK if this build has the backend; else the failure says why it has not. */
GT_API int32_t gt_backend_require(int32_t backend);

/* ------------------------------------------------------------------- stores */

/* A client of the store at host:port; where the server is not up yet it is tried again until the timeout,
 * which is from then on that of waiting for a key. listen: NULL, or the address at which this process serves
 * the store itself, and at no other; port 0 = one that is free. */
GT_API gt_store gt_tcp_store_new(const char* host, int32_t port, const char* listen, int64_t timeout);
/* The same store seen through a prefix of all keys. */
GT_API gt_store gt_prefix_store_new(const char* prefix, gt_store store);
GT_API void gt_store_free(gt_store store);
/* Of a TCP store. */
GT_API int32_t gt_store_port(gt_store store, int32_t* port);
GT_API int32_t gt_store_set(gt_store store, const char* key, const uint8_t* value, int64_t size);
/* The value as a tensor of bytes; waits for the key. */
GT_API gt_tensor gt_store_get(gt_store store, const char* key, int64_t timeout);
/* Sets the key if it has the expected value, or does not exist and none is expected. The value that it has
 * now. */
GT_API gt_tensor gt_store_compare_set(gt_store store, const char* key, const uint8_t* expected,
                                      int64_t expected_size, const uint8_t* value, int64_t size);
/* Adds to a number, which begins at 0, and writes the sum. */
GT_API int32_t gt_store_add(gt_store store, const char* key, int64_t amount, int64_t* sum);
/* Whether the key exists: 1 or 0; -1 on failure. */
GT_API int32_t gt_store_has(gt_store store, const char* key);
/* 1 if there was one, else 0; -1 on failure. */
GT_API int32_t gt_store_delete(gt_store store, const char* key);

/* ------------------------------------------------------------------- groups */

/* Joins the group that the ranks of this store form; waits for all of them. Gloo: connections are made at the
 * address, or at that of the network interface, of which one may be NULL; both NULL = what libtorch chooses.
 * NCCL: tensors are on device_index. */
GT_API gt_group gt_group_new(int32_t backend, gt_store store, int32_t rank, int32_t size, int64_t timeout,
                             const char* address, const char* interface_name, int32_t device_index);
/* Waits for what is under way. */
GT_API void gt_group_free(gt_group group);
/* Gives up what is under way, where the backend can. */
GT_API int32_t gt_group_abort(gt_group group);

enum gt_reduce_op { GT_SUM = 0, GT_PRODUCT = 1, GT_MIN = 2, GT_MAX = 3 };
GT_API gt_work gt_group_broadcast(gt_group group, gt_tensor tensor, int32_t root, int64_t timeout);
GT_API gt_work gt_group_all_reduce(gt_group group, gt_tensor tensor, int32_t op, int64_t timeout);
/* output: as many elements as all inputs together, in the order of the ranks. */
GT_API gt_work gt_group_all_gather(gt_group group, gt_tensor output, gt_tensor input, int64_t timeout);
/* input: as many elements as all outputs together; each rank gets its part of the reduced input. */
GT_API gt_work gt_group_reduce_scatter(gt_group group, gt_tensor output, gt_tensor input, int32_t op,
                                       int64_t timeout);
GT_API gt_work gt_group_barrier(gt_group group, int64_t timeout);
/* From rank to rank; both name the same tag. */
GT_API gt_work gt_group_send(gt_group group, gt_tensor tensor, int32_t to, int32_t tag);
GT_API gt_work gt_group_receive(gt_group group, gt_tensor tensor, int32_t from, int32_t tag);

/* Waits until it is done, and fails as the operation did. With NCCL: until the current stream will wait for
 * it. */
GT_API int32_t gt_work_wait(gt_work work, int64_t timeout);
/* 1: done or failed, 0: not yet, -1: failure. */
GT_API int32_t gt_work_is_done(gt_work work);
/* What is under way goes on. */
GT_API void gt_work_free(gt_work work);

#endif
