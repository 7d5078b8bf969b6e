package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;

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
