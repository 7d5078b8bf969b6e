package dev.gradus.torch.nn;

import dev.gradus.torch.NeuralOps;
import dev.gradus.torch.OutputIndices;
import dev.gradus.torch.Tensor;

/**
 * The convolutions and poolings of {@link F}. Lists of sizes have one number for each dimension of space, or one for all of
 * them; an empty stride is the kernel's size.
 */
abstract sealed class SpatialFunctions extends NormalizationFunctions permits LossFunctions {
    SpatialFunctions() {}

    /**
     * A one-dimensional convolution (cross-correlation).
     *
     * @param input (B, C, L)
     * @param weight (O, C / groups, k)
     * @param bias (O), or null
     * @return (B, O, L')
     */
    public static Tensor conv1d(Tensor input, Tensor weight, Tensor bias, ConvOptions options) {
        return options.isSame()
                ? NeuralOps.conv1d(
                        input, weight, bias, options.strides(), "same", options.dilations(), options.groups())
                : NeuralOps.conv1d(
                        input,
                        weight,
                        bias,
                        options.strides(),
                        options.paddings(),
                        options.dilations(),
                        options.groups());
    }

    /**
     * A two-dimensional convolution (cross-correlation) with the default options.
     *
     * @param input (B, C, H, W)
     * @param weight (O, C, kH, kW)
     * @param bias (O), or null
     * @return (B, O, H', W')
     */
    public static Tensor conv2d(Tensor input, Tensor weight, Tensor bias) {
        return conv2d(input, weight, bias, ConvOptions.defaults());
    }

    /**
     * A two-dimensional convolution (cross-correlation).
     *
     * @param input (B, C, H, W)
     * @param weight (O, C / groups, kH, kW)
     * @param bias (O), or null
     * @return (B, O, H', W') with H' = (H + 2 padding - dilation (kH - 1) - 1) / stride + 1, rounded down
     */
    public static Tensor conv2d(Tensor input, Tensor weight, Tensor bias, ConvOptions options) {
        if (options.isSame()) {
            return NeuralOps.conv2d(
                    input, weight, bias, options.strides(), "same", options.dilations(), options.groups());
        }
        return NeuralOps.conv2d(
                input,
                weight,
                bias,
                options.strideAt(0),
                options.strideAt(1),
                options.paddingAt(0),
                options.paddingAt(1),
                options.dilationAt(0),
                options.dilationAt(1),
                options.groups());
    }

    /**
     * A three-dimensional convolution (cross-correlation).
     *
     * @param input (B, C, D, H, W)
     * @param weight (O, C / groups, kD, kH, kW)
     * @param bias (O), or null
     * @return (B, O, D', H', W')
     */
    public static Tensor conv3d(Tensor input, Tensor weight, Tensor bias, ConvOptions options) {
        return options.isSame()
                ? NeuralOps.conv3d(
                        input, weight, bias, options.strides(), "same", options.dilations(), options.groups())
                : NeuralOps.conv3d(
                        input,
                        weight,
                        bias,
                        options.strides(),
                        options.paddings(),
                        options.dilations(),
                        options.groups());
    }

    /**
     * The transpose of {@link #conv1d}, which enlarges where that one shrinks.
     *
     * @param input (B, C, L)
     * @param weight (C, O / groups, k)
     * @param bias (O), or null
     * @return (B, O, L') with L' = (L - 1) stride - 2 padding + dilation (k - 1) + outputPadding + 1
     */
    public static Tensor convTranspose1d(Tensor input, Tensor weight, Tensor bias, ConvOptions options) {
        return transposed(NeuralOps::convTranspose1d, input, weight, bias, options);
    }

    /** One of libtorch's operators. */
    @FunctionalInterface
    private interface Transposed {
        Tensor run(
                Tensor input,
                Tensor weight,
                Tensor bias,
                long[] stride,
                long[] padding,
                long[] outputPadding,
                long groups,
                long... dilation);
    }

    private static Tensor transposed(
            Transposed operator, Tensor input, Tensor weight, Tensor bias, ConvOptions options) {
        return operator.run(
                input,
                weight,
                bias,
                options.strides(),
                options.paddings(),
                options.outputPaddings(),
                options.groups(),
                options.dilations());
    }

    /** The transpose of {@link #conv2d}: (B, C, H, W) and (C, O / groups, kH, kW) to (B, O, H', W'). */
    public static Tensor convTranspose2d(Tensor input, Tensor weight, Tensor bias, ConvOptions options) {
        return transposed(NeuralOps::convTranspose2d, input, weight, bias, options);
    }

    /** The transpose of {@link #conv3d}: (B, C, D, H, W) and (C, O / groups, kD, kH, kW) to (B, O, D', H', W'). */
    public static Tensor convTranspose3d(Tensor input, Tensor weight, Tensor bias, ConvOptions options) {
        return transposed(NeuralOps::convTranspose3d, input, weight, bias, options);
    }

    /** The largest values of windows of this size, one beside the other: (B, C, L) to (B, C, L'). */
    public static Tensor maxPool1d(Tensor input, long kernelSize) {
        return NeuralOps.maxPool1d(input, kernelSize);
    }

    /** The largest values of windows: (B, C, L) to (B, C, L'). */
    public static Tensor maxPool1d(
            Tensor input, long[] kernelSize, long[] stride, long[] padding, long[] dilation, boolean ceilMode) {
        return NeuralOps.maxPool1d(input, kernelSize, stride, padding, dilation, ceilMode);
    }

    /** The largest values of square windows of this size, one beside the other: (B, C, H, W) to (B, C, H', W'). */
    public static Tensor maxPool2d(Tensor input, long kernelSize) {
        return NeuralOps.maxPool2d(input, kernelSize);
    }

    /**
     * The largest values of windows: (B, C, H, W) to (B, C, H', W').
     *
     * @param ceilMode whether a window that begins inside may end outside
     */
    public static Tensor maxPool2d(
            Tensor input, long[] kernelSize, long[] stride, long[] padding, long[] dilation, boolean ceilMode) {
        return NeuralOps.maxPool2d(input, kernelSize, stride, padding, dilation, ceilMode);
    }

    /** The largest values of windows: (B, C, D, H, W) to (B, C, D', H', W'). */
    public static Tensor maxPool3d(
            Tensor input, long[] kernelSize, long[] stride, long[] padding, long[] dilation, boolean ceilMode) {
        return NeuralOps.maxPool3d(input, kernelSize, stride, padding, dilation, ceilMode);
    }

    /** The means of windows: (B, C, L) to (B, C, L'). */
    public static Tensor avgPool1d(
            Tensor input, long[] kernelSize, long[] stride, long[] padding, boolean ceilMode, boolean countIncludePad) {
        return NeuralOps.avgPool1d(input, kernelSize, stride, padding, ceilMode, countIncludePad);
    }

    /** The means of square windows of this size, one beside the other: (B, C, H, W) to (B, C, H', W'). */
    public static Tensor avgPool2d(Tensor input, long kernelSize) {
        return NeuralOps.avgPool2d(input, kernelSize);
    }

    /**
     * The means of windows: (B, C, H, W) to (B, C, H', W').
     *
     * @param countIncludePad whether the padding counts as zeros of the mean
     */
    public static Tensor avgPool2d(
            Tensor input, long[] kernelSize, long[] stride, long[] padding, boolean ceilMode, boolean countIncludePad) {
        return NeuralOps.avgPool2d(input, kernelSize, stride, padding, ceilMode, countIncludePad);
    }

    /** The means of windows: (B, C, D, H, W) to (B, C, D', H', W'). */
    public static Tensor avgPool3d(
            Tensor input, long[] kernelSize, long[] stride, long[] padding, boolean ceilMode, boolean countIncludePad) {
        return NeuralOps.avgPool3d(input, kernelSize, stride, padding, ceilMode, countIncludePad);
    }

    /** The means of as many windows as there are results: (B, C, L) to (B, C, outputSize). */
    public static Tensor adaptiveAvgPool1d(Tensor input, long outputSize) {
        return NeuralOps.adaptiveAvgPool1d(input, outputSize);
    }

    /** The means of as many windows as there are results: (B, C, H, W) to (B, C, height, width). */
    public static Tensor adaptiveAvgPool2d(Tensor input, long height, long width) {
        return NeuralOps.adaptiveAvgPool2d(input, height, width);
    }

    /** The means of as many windows as there are results: (B, C, D, H, W) to (B, C, depth, height, width). */
    public static Tensor adaptiveAvgPool3d(Tensor input, long depth, long height, long width) {
        return NeuralOps.adaptiveAvgPool3d(input, depth, height, width);
    }

    /** The largest values of as many windows as there are results: (B, C, L) to (B, C, outputSize), and their places. */
    public static OutputIndices adaptiveMaxPool1d(Tensor input, long outputSize) {
        return NeuralOps.adaptiveMaxPool1d(input, outputSize);
    }

    /** The largest values of as many windows as there are results: (B, C, H, W) to (B, C, height, width), and their places. */
    public static OutputIndices adaptiveMaxPool2d(Tensor input, long height, long width) {
        return NeuralOps.adaptiveMaxPool2d(input, height, width);
    }

    /**
     * The windows of images, as columns.
     *
     * @param input (B, C, H, W), or (C, H, W)
     * @return (B, C kH kW, windows)
     */
    public static Tensor unfold(Tensor input, long[] kernelSize, long[] dilation, long[] padding, long[] stride) {
        return NeuralOps.unfold(input, pair(kernelSize), pair(dilation), pair(padding), pair(stride));
    }

    /**
     * Images as the sums of windows, given as columns: the transpose of {@link #unfold}.
     *
     * @param input (B, C kH kW, windows), or without B
     * @param outputSize (H, W), or one number for both
     * @return (B, C, H, W)
     */
    public static Tensor fold(
            Tensor input, long[] outputSize, long[] kernelSize, long[] dilation, long[] padding, long[] stride) {
        return NeuralOps.fold(input, pair(outputSize), pair(kernelSize), pair(dilation), pair(padding), pair(stride));
    }

    private static long[] pair(long[] sizes) {
        return Sizes.spread(sizes, 2);
    }

    /**
     * The inverse of {@link NeuralOps#maxPool1dWithIndices}: the values at their places, zeros elsewhere.
     *
     * @param input (B, C, L)
     * @param indices of the same shape
     * @param outputSize the size of the result (L); null for the smallest that pools to that of the input
     */
    public static Tensor maxUnpool1d(
            Tensor input, Tensor indices, long[] kernelSize, long[] stride, long[] padding, long[] outputSize) {
        long[] size = unpooled(input, 1, kernelSize, stride, padding, outputSize);
        return NeuralOps.maxUnpool2d(input.unsqueeze(-1), indices.unsqueeze(-1), size[0], 1)
                .squeeze(-1);
    }

    /** The inverse of {@link NeuralOps#maxPool2dWithIndices}, as {@link #maxUnpool1d} for (B, C, H, W). */
    public static Tensor maxUnpool2d(
            Tensor input, Tensor indices, long[] kernelSize, long[] stride, long[] padding, long[] outputSize) {
        return NeuralOps.maxUnpool2d(input, indices, unpooled(input, 2, kernelSize, stride, padding, outputSize));
    }

    /** The inverse of {@link NeuralOps#maxPool3dWithIndices}, as {@link #maxUnpool1d} for (B, C, D, H, W). */
    public static Tensor maxUnpool3d(
            Tensor input, Tensor indices, long[] kernelSize, long[] stride, long[] padding, long[] outputSize) {
        long[] size = unpooled(input, 3, kernelSize, stride, padding, outputSize);
        return NeuralOps.maxUnpool3d(input, indices, size, Sizes.spread(stride, 3), Sizes.spread(padding, 3));
    }

    private static long[] unpooled(
            Tensor input, int space, long[] kernelSize, long[] stride, long[] padding, long[] outputSize) {
        if (outputSize != null) {
            return outputSize;
        }
        long[] size = new long[space];
        for (int i = 0; i < space; i++) {
            size[i] = (input.size(i - space) - 1) * ConvOptions.at(stride, i)
                    + ConvOptions.at(kernelSize, i)
                    - 2 * ConvOptions.at(padding, i);
        }
        return size;
    }
}
