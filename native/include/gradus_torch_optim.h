/*
 * Optimizers: one step over many parameters in one call. Part of gradus_torch.h, whose conventions hold.
 *
 * Parameters without a gradient are left as they are, and so is their state. Every list has `count`
 * tensors; those of a state have the shape, strides, dtype and device of their parameter, which has no
 * gaps. `steps` are float32 with one element each and get 1 added.
 *
 * For mixed precision: grad_scale is what the gradients are still to be divided by, found_inf is 1 where the
 * step is to be left out, else 0; both are float32 with one element on any device, or 0. Gradients that are
 * divided stay so.
 */
#ifndef GRADUS_TORCH_OPTIM_H
#define GRADUS_TORCH_OPTIM_H

/* torch.optim.SGD with fused=True. With momentum 0 `momentum_buffers` and `steps` may be NULL. A buffer whose
 * step is 0 is set to the gradient. The steps are on the CPU; those of a step left out are counted only where
 * found_inf is on a GPU and the buffer was set before, so as not to wait for it. */
GT_API int32_t gt_sgd_(const gt_tensor* parameters, const gt_tensor* momentum_buffers, const gt_tensor* steps,
                       int64_t count, double lr, double momentum, double dampening, double weight_decay,
                       int32_t nesterov, int32_t maximize, gt_tensor grad_scale, gt_tensor found_inf);

/* torch.optim.Adam, or AdamW where the weight decay is decoupled, with fused=True. With max_exp_avg_sqs not
 * NULL it is the variant amsgrad. The steps are on the device of their parameter. lr_tensor has one number,
 * which stands in for lr and is read where it is, so that a captured step can be given another; or it is 0.
 */
GT_API int32_t gt_adam_(const gt_tensor* parameters, const gt_tensor* exp_avgs, const gt_tensor* exp_avg_sqs,
                        const gt_tensor* max_exp_avg_sqs, const gt_tensor* steps, int64_t count, double lr,
                        gt_tensor lr_tensor, double beta1, double beta2, double eps, double weight_decay,
                        int32_t decoupled, int32_t maximize, gt_tensor grad_scale, gt_tensor found_inf);

/* torch.optim.RMSprop with foreach=True. With grad_avgs not NULL it is centered; momentum_buffers may be NULL
 * with momentum 0. The steps are on the CPU. */
GT_API int32_t gt_rmsprop_(const gt_tensor* parameters, const gt_tensor* square_avgs,
                           const gt_tensor* grad_avgs, const gt_tensor* momentum_buffers,
                           const gt_tensor* steps, int64_t count, double lr, double alpha, double eps,
                           double weight_decay, double momentum, int32_t maximize);

#endif
