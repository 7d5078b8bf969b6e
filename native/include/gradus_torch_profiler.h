/* The profiler: what operators ran when, on which thread and device. Part of gradus_torch.h. */
#ifndef GRADUS_TORCH_PROFILER_H
#define GRADUS_TORCH_PROFILER_H

typedef intptr_t gt_profile;

/* Bits of `options`. */
enum gt_profiler_option {
  GT_PROFILE_SHAPES = 1,
  GT_PROFILE_MEMORY = 2,
  GT_PROFILE_STACKS = 4, /* of TorchScript modules */
  GT_PROFILE_FLOPS = 8,
  GT_PROFILE_CUDA = 16 /* kernels, too */
};
/* Records this thread, and those that compute gradients for it. One at a time: a second start is an error. */
GT_API int32_t gt_profiler_start(int32_t options);
/* Ends it and gives what was recorded, to be freed; 0 on failure. From the thread that started it, when
 * no other is attached any more: libtorch reads what a thread records without a lock. */
GT_API gt_profile gt_profiler_stop(void);
/* Records this thread, too, until it is detached or ends. */
GT_API int32_t gt_profiler_attach(void);
GT_API int32_t gt_profiler_detach(void);
GT_API void gt_profile_free(gt_profile profile);
/* As a Chrome trace, JSON. */
GT_API int32_t gt_profile_save(gt_profile profile, const char* path);
GT_API int64_t gt_profile_event_count(gt_profile profile);
GT_API const char* gt_profile_event_name(gt_profile profile, int64_t index);
/* What gt_profile_event writes, in this order. */
enum gt_profile_field {
  GT_EVENT_START = 0,    /* nanoseconds */
  GT_EVENT_DURATION = 1, /* nanoseconds */
  GT_EVENT_THREAD = 2,
  GT_EVENT_DEVICE_TYPE = 3,
  GT_EVENT_IS_RANGE = 4, /* 1: a range of the user, 0: an operator or kernel, -1: anything else */
  GT_EVENT_BYTES = 5,
  GT_EVENT_FLOPS = 6,
  GT_EVENT_FIELDS = 7
};
GT_API int32_t gt_profile_event(gt_profile profile, int64_t index, int64_t* out);

/* A range with a name in the profile of this thread, to be ended there; 0 where no profiler runs. */
GT_API intptr_t gt_range_begin(const char* name);
GT_API void gt_range_end(intptr_t range);

#endif
