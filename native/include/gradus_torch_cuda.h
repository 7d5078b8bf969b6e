/*
 * CUDA: devices, memory, streams, events, graphs. Part of gradus_torch.h.
 *
 * Where libtorch has no CUDA, every function but gt_cuda_is_built, gt_cuda_device_count and gt_is_pinned
 * fails with GT_NOT_IMPLEMENTED and "not built with CUDA"; where it has, but there is no driver or no GPU,
 * with GT_ERROR and what is missing. device_index: from 0.
 */
#ifndef GRADUS_TORCH_CUDA_H
#define GRADUS_TORCH_CUDA_H

/* ------------------------------------------------------------------ devices */

GT_API int32_t gt_cuda_is_built(void);
/* 0 without CUDA, driver or device. */
GT_API int32_t gt_cuda_device_count(void);
/* GT_OK if there is a device; else the failure says why there is none. */
GT_API int32_t gt_cuda_require(void);
GT_API const char* gt_cuda_device_name(int32_t device_index);
/* What gt_cuda_properties writes, in this order. */
enum gt_cuda_property {
  GT_CUDA_MAJOR = 0, /* compute capability */
  GT_CUDA_MINOR = 1,
  GT_CUDA_MULTIPROCESSORS = 2,
  GT_CUDA_TOTAL_MEMORY = 3,  /* bytes */
  GT_CUDA_SHARED_MEMORY = 4, /* bytes that one block may use */
  GT_CUDA_THREADS = 5,       /* resident in a multiprocessor at most */
  GT_CUDA_WARP = 6,
  GT_CUDA_L2_CACHE = 7, /* bytes */
  GT_CUDA_PROPERTY_COUNT = 8
};
GT_API int32_t gt_cuda_properties(int32_t device_index, int64_t* out);
/* Versions as CUDA writes them (12040 = 12.4): runtime, driver, cuDNN (0 = none). */
GT_API int32_t gt_cuda_versions(int64_t* runtime, int64_t* driver, int64_t* cudnn);
/* The device of this thread; -1 on failure. */
GT_API int32_t gt_cuda_current_device(void);
GT_API int32_t gt_cuda_set_device(int32_t device_index);
GT_API int32_t gt_cuda_synchronize(int32_t device_index);

/* ------------------------------------------------------------------- memory */

/* Bytes: held by tensors now, at most so far, held by the allocator, and the device's free and total memory.
 */
GT_API int32_t gt_cuda_memory(int32_t device_index, int64_t* allocated, int64_t* peak, int64_t* reserved,
                              int64_t* device_free, int64_t* device_total);
/* The allocator's counts: rows of current, peak, allocated in all, freed in all, for what is in
 * gt_cuda_memory_row; then how often it had to free its cache to go on, and how often it ran out. */
enum gt_cuda_memory_row {
  GT_CUDA_ALLOCATED_BYTES = 0,
  GT_CUDA_ACTIVE_BYTES = 1, /* of tensors, and of freed blocks that a stream still uses */
  GT_CUDA_REQUESTED_BYTES = 2,
  GT_CUDA_RESERVED_BYTES = 3,
  GT_CUDA_UNRELEASABLE_BYTES = 4, /* free parts of blocks that are in use */
  GT_CUDA_ALLOCATIONS = 5,
  GT_CUDA_SEGMENTS = 6,
  GT_CUDA_MEMORY_ROWS = 7
};
GT_API int32_t gt_cuda_memory_stats(int32_t device_index, int64_t* out);
GT_API int32_t gt_cuda_reset_peak_memory(int32_t device_index);
/* Bounds the allocator of this process to a part of the device's memory, in (0, 1]. */
GT_API int32_t gt_cuda_set_memory_fraction(int32_t device_index, double fraction);
GT_API int32_t gt_cuda_empty_cache(void);
/* A copy in page-locked host memory. */
GT_API gt_tensor gt_pin_memory(gt_tensor self);
GT_API int32_t gt_is_pinned(gt_tensor self);

/* ------------------------------------------------------------------ streams */

/* A stream is (device_index, number) and lives as long as the process; 0 is the device's default one.
 * priority: 0 is the lowest, negative ones come first. */
GT_API int32_t gt_cuda_stream_new(int32_t device_index, int32_t priority, int64_t* stream);
/* The highest priority, a number not above 0. */
GT_API int32_t gt_cuda_stream_highest_priority(int32_t* priority);
GT_API int32_t gt_cuda_stream_current(int32_t device_index, int64_t* stream);
/* Makes it the current one of its device in this thread; the current device stays. */
GT_API int32_t gt_cuda_stream_set_current(int32_t device_index, int64_t stream);
GT_API int32_t gt_cuda_stream_priority(int32_t device_index, int64_t stream, int32_t* priority);
/* 1: all done, 0: not yet, -1: failure. */
GT_API int32_t gt_cuda_stream_query(int32_t device_index, int64_t stream);
GT_API int32_t gt_cuda_stream_synchronize(int32_t device_index, int64_t stream);
/* The cudaStream_t. */
GT_API int32_t gt_cuda_stream_address(int32_t device_index, int64_t stream, int64_t* address);
/* Keeps the tensor's memory, once freed, from being used again before what is in the stream now is done. */
GT_API int32_t gt_record_stream(gt_tensor self, int32_t device_index, int64_t stream);

/* ------------------------------------------------------------------- events */

typedef intptr_t gt_cuda_event;
/* blocking: a thread that waits for it sleeps instead of spinning. */
GT_API gt_cuda_event gt_cuda_event_new(int32_t timing, int32_t blocking);
GT_API void gt_cuda_event_free(gt_cuda_event event);
GT_API int32_t gt_cuda_event_record(gt_cuda_event event, int32_t device_index, int64_t stream);
/* Later work of the stream waits for the event. */
GT_API int32_t gt_cuda_event_wait(gt_cuda_event event, int32_t device_index, int64_t stream);
/* 1: happened (or never recorded), 0: not yet, -1: failure. */
GT_API int32_t gt_cuda_event_query(gt_cuda_event event);
GT_API int32_t gt_cuda_event_synchronize(gt_cuda_event event);
GT_API int32_t gt_cuda_event_elapsed(gt_cuda_event start, gt_cuda_event end, double* milliseconds);

/* ------------------------------------------------------------------- graphs */

typedef intptr_t gt_cuda_graph;
/* What a capture forbids other threads: all that could disturb it, nothing but in the capturing thread,
 * nothing. */
enum gt_capture_mode { GT_CAPTURE_GLOBAL = 0, GT_CAPTURE_THREAD_LOCAL = 1, GT_CAPTURE_RELAXED = 2 };
/* A pool of memory that graphs may share: two numbers, 0 0 = one of its own. */
GT_API int32_t gt_cuda_pool_new(int64_t* first, int64_t* second);
GT_API gt_cuda_graph gt_cuda_graph_new(void);
GT_API void gt_cuda_graph_free(gt_cuda_graph graph);
/* Before gt_cuda_graph_begin: the capture will draw from this generator, which goes on at each replay. Those
 * that are the default ones of their device need not be named. */
GT_API int32_t gt_cuda_graph_register_generator(gt_cuda_graph graph, gt_generator generator);
/* Captures what this thread puts into its current stream, which must not be a default one. */
GT_API int32_t gt_cuda_graph_begin(gt_cuda_graph graph, int64_t pool_first, int64_t pool_second,
                                   int32_t mode);
GT_API int32_t gt_cuda_graph_end(gt_cuda_graph graph);
/* Runs it in the current stream. */
GT_API int32_t gt_cuda_graph_replay(gt_cuda_graph graph);
/* Drops what was captured, and its memory; also in the middle of a capture. */
GT_API int32_t gt_cuda_graph_reset(gt_cuda_graph graph);
GT_API int32_t gt_cuda_graph_pool(gt_cuda_graph graph, int64_t* first, int64_t* second);

/* --------------------------------------------------------------------- NVTX */

/* Ranges and marks for NVIDIA's profilers; GT_NOT_IMPLEMENTED without CUDA. */
GT_API int32_t gt_nvtx_push(const char* name);
GT_API int32_t gt_nvtx_pop(void);
GT_API int32_t gt_nvtx_mark(const char* name);

#endif
