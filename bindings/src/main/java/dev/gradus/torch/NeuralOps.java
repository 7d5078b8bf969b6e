package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The operators that networks are made of, one native call each, with every argument spelled out.
 * {@code dev.gradus.torch.nn.F} has them with PyTorch's defaults. Where an argument may be null it says so.
 */
public final class NeuralOps extends NeuralFunctions {

    private NeuralOps() {}

    /** How a loss over elements becomes one number. */
    public enum Reduction {
        /** It does not: the loss keeps its shape. */
        NONE,
        /** The mean. */
        MEAN,
        /** The sum. */
        SUM
    }

    /**
     * Two-dimensional convolution.
     *
     * @param input (B, in, H, W)
     * @param weight (out, in / groups, kH, kW)
     * @param bias (out), or null
     * @return (B, out, H', W')
     */
    public static Tensor conv2d(
            Tensor input,
            Tensor weight,
            Tensor bias,
            long strideH,
            long strideW,
            long paddingH,
            long paddingW,
            long dilationH,
            long dilationW,
            long groups) {
        return Tensor.result(GradusTorch.gt_conv2d(
                input.handle(),
                weight.handle(),
                Tensor.handleOrZero(bias),
                strideH,
                strideW,
                paddingH,
                paddingW,
                dilationH,
                dilationW,
                groups));
    }

    /**
     * What {@link #fusedGroupNorm} answers.
     *
     * @param output the result
     * @param input its input, for whatever else uses it
     */
    public record FusedGroupNorm(Tensor output, Tensor input) {}

    /**
     * {@code silu(groupNorm(input + added) * (1 + s) + t)}: on the CPU in one pass over the memory, forwards and backwards, on other
     * devices by several operators. Inner results have the precision of float32, or of float64 where the input does; the
     * result has the dtype and the layout of the input. The number of threads does not change its bits. With an input in
     * channels-last this is much faster than the single operators.
     *
     * <p>What uses the answered input instead of the given one, as a residual connection does, has its gradient added in the same
     * pass.
     *
     * @param input (B, C, ...) floating point
     * @param groups a divisor of C
     * @param weight (C), or null for ones
     * @param bias (C), or null for zeros
     * @param eps added to the variance
     * @param added (B, C), or null for zeros
     * @param scaleShift (B, 2 C), s and then t, or null for zeros
     * @param silu whether the last step is taken
     */
    public static FusedGroupNorm fusedGroupNorm(
            Tensor input,
            long groups,
            Tensor weight,
            Tensor bias,
            double eps,
            Tensor added,
            Tensor scaleShift,
            boolean silu) {
        MemorySegment passed = ThreadContext.current().handles(1);
        Tensor output = Tensor.result(GradusTorch.gt_fused_group_norm(
                input.handle(),
                groups,
                Tensor.handleOrZero(weight),
                Tensor.handleOrZero(bias),
                eps,
                Tensor.handleOrZero(added),
                Tensor.handleOrZero(scaleShift),
                silu ? 1 : 0,
                passed));
        return new FusedGroupNorm(output, Tensor.result(passed.get(ValueLayout.JAVA_LONG, 0)));
    }

    /** x &Phi;(x), or its approximation by tanh. */
    public static Tensor gelu(Tensor input, boolean tanhApproximation) {
        return Tensor.result(GradusTorch.gt_gelu(input.handle(), tanhApproximation ? 1 : 0));
    }

    /** (B, C, H, W) stretched to (B, C, height, width) by taking the nearest element. */
    public static Tensor upsampleNearest2d(Tensor input, long height, long width) {
        return Tensor.result(GradusTorch.gt_upsample_nearest2d(input.handle(), height, width));
    }

    /** (B, C, H, W) stretched by these factors by taking the nearest element. */
    public static Tensor upsampleNearest2d(Tensor input, double scaleH, double scaleW) {
        return Tensor.result(GradusTorch.gt_upsample_nearest2d_scale(input.handle(), scaleH, scaleW));
    }

    /** Means over square windows. */
    public static Tensor avgPool2d(Tensor input, long kernel, long stride, long padding) {
        return Tensor.result(GradusTorch.gt_avg_pool2d(input.handle(), kernel, stride, padding));
    }

    /** Largest elements of square windows. */
    public static Tensor maxPool2d(Tensor input, long kernel, long stride, long padding) {
        return Tensor.result(GradusTorch.gt_max_pool2d(input.handle(), kernel, stride, padding));
    }
}
