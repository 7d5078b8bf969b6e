package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.MemorySegment;

/**
 * One step of an optimizer on many parameters, in one native call. {@code dev.gradus.torch.optim} keeps the state that
 * these functions change, and is what a program should use.
 *
 * <p>Parameters without a gradient are left as they are, and so is their state. All lists are as long as that of the
 * parameters; the tensors of a state are made by {@link Torch#zerosLike} of their parameter, the {@code steps} are FLOAT32
 * of one element and count up. A list whose tensors do not fit is a {@link TorchValueException}.
 *
 * <p>For {@link GradScaler}: {@code gradScale} is what the gradients are still to be divided by, in place; a step whose
 * {@code foundInf} is 1 changes nothing. Both are FLOAT32 of one element, or null.
 */
public final class Fused {

    private Fused() {}

    /**
     * Stochastic gradient descent, the same bits as {@code torch.optim.SGD(fused=True)}.
     *
     * @param momentumBuffers null with momentum 0
     * @param steps on the CPU; null with momentum 0
     */
    public static void sgd_(
            TensorList parameters,
            TensorList momentumBuffers,
            TensorList steps,
            double lr,
            double momentum,
            double dampening,
            double weightDecay,
            boolean nesterov,
            boolean maximize,
            Tensor gradScale,
            Tensor foundInf) {
        checkSize(parameters, momentumBuffers);
        checkSize(parameters, steps);
        Tensor.check(GradusTorch.gt_sgd_(
                parameters.handles(),
                handles(momentumBuffers),
                handles(steps),
                parameters.size(),
                lr,
                momentum,
                dampening,
                weightDecay,
                bit(nesterov),
                bit(maximize),
                Tensor.handleOrZero(gradScale),
                Tensor.handleOrZero(foundInf)));
    }

    /**
     * Adam, the same bits as {@code torch.optim.Adam(fused=True)}; with decoupled weight decay as {@code AdamW(fused=True)}.
     *
     * @param maxExpAvgSqs of the variant amsgrad; null for the plain one
     * @param steps on the device of their parameter
     * @param lrTensor one number that stands in for {@code lr}, read where it is; or null
     */
    public static void adam_(
            TensorList parameters,
            TensorList expAvgs,
            TensorList expAvgSqs,
            TensorList maxExpAvgSqs,
            TensorList steps,
            double lr,
            Tensor lrTensor,
            double beta1,
            double beta2,
            double eps,
            double weightDecay,
            boolean decoupled,
            boolean maximize,
            Tensor gradScale,
            Tensor foundInf) {
        checkSize(parameters, expAvgs);
        checkSize(parameters, expAvgSqs);
        checkSize(parameters, maxExpAvgSqs);
        checkSize(parameters, steps);
        Tensor.check(GradusTorch.gt_adam_(
                parameters.handles(),
                handles(expAvgs),
                handles(expAvgSqs),
                handles(maxExpAvgSqs),
                handles(steps),
                parameters.size(),
                lr,
                Tensor.handleOrZero(lrTensor),
                beta1,
                beta2,
                eps,
                weightDecay,
                bit(decoupled),
                bit(maximize),
                Tensor.handleOrZero(gradScale),
                Tensor.handleOrZero(foundInf)));
    }

    /**
     * RMSprop, the same bits as {@code torch.optim.RMSprop(foreach=True)}.
     *
     * @param gradAvgs of the centered variant; null for the plain one
     * @param momentumBuffers null with momentum 0
     * @param steps on the CPU
     */
    public static void rmsprop_(
            TensorList parameters,
            TensorList squareAvgs,
            TensorList gradAvgs,
            TensorList momentumBuffers,
            TensorList steps,
            double lr,
            double alpha,
            double eps,
            double weightDecay,
            double momentum,
            boolean maximize) {
        checkSize(parameters, squareAvgs);
        checkSize(parameters, gradAvgs);
        checkSize(parameters, momentumBuffers);
        checkSize(parameters, steps);
        Tensor.check(GradusTorch.gt_rmsprop_(
                parameters.handles(),
                handles(squareAvgs),
                handles(gradAvgs),
                handles(momentumBuffers),
                handles(steps),
                parameters.size(),
                lr,
                alpha,
                eps,
                weightDecay,
                momentum,
                bit(maximize)));
    }

    /** Whether there is a kernel of our own for the fused group norm on such a device; else libtorch's operators stand in. */
    public static boolean hasGroupNorm(Device.Type device) {
        NativeLibrary.require();
        return GradusTorch.gt_has_fused_group_norm(device.code()) == 1;
    }

    private static void checkSize(TensorList parameters, TensorList state) {
        if (state != null) {
            Foreach.checkSizes(parameters, state);
        }
    }

    private static MemorySegment handles(TensorList state) {
        return state == null ? MemorySegment.NULL : state.handles();
    }

    private static int bit(boolean value) {
        return value ? 1 : 0;
    }
}
