package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;

/** What is done to many tensors at once, in one native call. Nothing here is recorded in a gradient graph. */
public final class Foreach {

    private Foreach() {}

    /**
     * Scales the gradients of the parameters in place so that their norm, over all of them together, is at most
     * maxNorm: {@code torch.nn.utils.clip_grad_norm_}.
     *
     * @return the norm before, as a tensor without dimensions, so that the device need not be waited for
     */
    public static Tensor clipGradNorm_(TensorList parameters, double maxNorm) {
        return Tensor.result(GradusTorch.gt_clip_grad_norm_(parameters.handles(), parameters.size(), maxNorm));
    }

    /** The Euclidean norm of the gradients of the parameters, over all of them together. */
    public static Tensor gradNorm(TensorList parameters) {
        return Tensor.result(GradusTorch.gt_grad_norm(parameters.handles(), parameters.size()));
    }

    /** Removes the gradients of the parameters. */
    public static void zeroGrad(TensorList parameters) {
        Tensor.check(GradusTorch.gt_zero_grads(parameters.handles(), parameters.size(), 1));
    }

    /** self += weight * (end - self), tensor by tensor: {@code torch._foreach_lerp_}. */
    public static void lerp_(TensorList self, TensorList end, double weight) {
        checkSizes(self, end);
        Tensor.check(GradusTorch.gt_foreach_lerp_(self.handles(), end.handles(), self.size(), weight));
    }

    /** Copies source into self, tensor by tensor. */
    public static void copy_(TensorList self, TensorList source) {
        checkSizes(self, source);
        Tensor.check(GradusTorch.gt_foreach_copy_(self.handles(), source.handles(), self.size()));
    }

    /**
     * One step of AdamW (Loshchilov and Hutter, arXiv 1711.05101) on all parameters that have a gradient, as
     * {@code torch.optim.AdamW(fused=True)} does it: the parameters, both averages and the step counts change.
     *
     * @param expAvgs the averages of the gradients, shaped as the parameters
     * @param expAvgSqs the averages of their squares, shaped as the parameters
     * @param steps the step counts, FLOAT32 without dimensions
     */
    public static void fusedAdamW(
            TensorList parameters,
            TensorList expAvgs,
            TensorList expAvgSqs,
            TensorList steps,
            double lr,
            double beta1,
            double beta2,
            double weightDecay,
            double eps) {
        checkSizes(parameters, expAvgs);
        checkSizes(parameters, expAvgSqs);
        checkSizes(parameters, steps);
        int status = GradusTorch.gt_fused_adamw_(
                parameters.handles(),
                expAvgs.handles(),
                expAvgSqs.handles(),
                steps.handles(),
                parameters.size(),
                lr,
                beta1,
                beta2,
                weightDecay,
                eps);
        Tensor.check(status);
        Tensor.check(status);
    }

    private static void checkSizes(TensorList first, TensorList second) {
        if (first.size() != second.size()) {
            throw new TorchValueException(
                    "the lists have " + first.size() + " and " + second.size() + " tensors; they must have as many");
        }
    }
}
