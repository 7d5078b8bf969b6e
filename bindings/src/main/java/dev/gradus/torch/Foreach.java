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

    /** Limits every element of the gradients to [-bound, bound], in place: {@code torch.nn.utils.clip_grad_value_}. */
    public static void clipGradValue_(TensorList parameters, double bound) {
        Tensor.check(GradusTorch.gt_clip_grad_value_(parameters.handles(), parameters.size(), bound));
    }

    /** Removes the gradients of the parameters. */
    public static void zeroGrad(TensorList parameters) {
        zeroGrad(parameters, true);
    }

    /** Removes the gradients of the parameters, or fills them with zeros. */
    public static void zeroGrad(TensorList parameters, boolean setToNone) {
        Tensor.check(GradusTorch.gt_zero_grads(parameters.handles(), parameters.size(), setToNone ? 1 : 0));
    }

    /** self += weight * (end - self), tensor by tensor: {@code torch._foreach_lerp_}. */
    public static void lerp_(TensorList self, TensorList end, double weight) {
        checkSizes(self, end);
        Tensor.check(GradusTorch.gt_foreach_lerp_(self.handles(), end.handles(), self.size(), weight));
    }

    /**
     * The same with a weight that is read where it is; nobody waits for the device.
     *
     * @param weight one FLOAT64, on the device of the tensors
     */
    public static void lerp_(TensorList self, TensorList end, Tensor weight) {
        checkSizes(self, end);
        Tensor.check(GradusTorch.gt_foreach_lerp_tensor_(self.handles(), end.handles(), self.size(), weight.handle()));
    }

    /** Copies source into self, tensor by tensor. */
    public static void copy_(TensorList self, TensorList source) {
        checkSizes(self, source);
        Tensor.check(GradusTorch.gt_foreach_copy_(self.handles(), source.handles(), self.size()));
    }

    static void checkSizes(TensorList first, TensorList second) {
        if (first.size() != second.size()) {
            throw new TorchValueException(
                    "the lists have " + first.size() + " and " + second.size() + " tensors; they must have as many");
        }
    }
}
