package dev.gradus.torch.nn;

import java.util.Arrays;

/**
 * How a convolution runs over its input. Immutable; the methods with a parameter return a changed copy. Lists of sizes have
 * one number for each dimension of space, or one for all of them.
 */
public final class ConvOptions {
    private static final ConvOptions DEFAULTS = new ConvOptions();

    private long[] stride = {1};
    private long[] padding = {0};
    private long[] outputPadding = {0};
    private long[] dilation = {1};
    private int groups = 1;
    private boolean bias = true;
    private boolean same;
    private PaddingMode paddingMode = PaddingMode.ZEROS;

    private ConvOptions() {}

    private ConvOptions(ConvOptions other) {
        stride = other.stride;
        padding = other.padding;
        outputPadding = other.outputPadding;
        dilation = other.dilation;
        groups = other.groups;
        bias = other.bias;
        same = other.same;
        paddingMode = other.paddingMode;
    }

    /** PyTorch's: stride 1, no padding, dilation 1, one group, with a bias. */
    public static ConvOptions defaults() {
        return DEFAULTS;
    }

    /** The defaults with this padding. */
    public static ConvOptions padding(int... padding) {
        return DEFAULTS.withPadding(padding);
    }

    /** The defaults with this stride. */
    public static ConvOptions stride(int... stride) {
        return DEFAULTS.withStride(stride);
    }

    /** The defaults with as much padding as keeps the size of the input; needs stride 1. */
    public static ConvOptions same() {
        ConvOptions changed = new ConvOptions(DEFAULTS);
        changed.same = true;
        return changed;
    }

    /** With this step between results, at least 1. */
    public ConvOptions withStride(int... value) {
        ConvOptions changed = new ConvOptions(this);
        changed.stride = atLeast("stride", value, 1);
        return changed;
    }

    /** With this many elements before and after the input, at least 0. */
    public ConvOptions withPadding(int... value) {
        ConvOptions changed = new ConvOptions(this);
        changed.padding = atLeast("padding", value, 0);
        changed.same = false;
        return changed;
    }

    /** With this much added to one side of the result, at least 0; for transposed convolutions. */
    public ConvOptions withOutputPadding(int... value) {
        ConvOptions changed = new ConvOptions(this);
        changed.outputPadding = atLeast("outputPadding", value, 0);
        return changed;
    }

    /** With this distance between the elements of the kernel, at least 1. */
    public ConvOptions withDilation(int... value) {
        ConvOptions changed = new ConvOptions(this);
        changed.dilation = atLeast("dilation", value, 1);
        return changed;
    }

    /** With the channels split into this many blocks, each convolved by itself, at least 1. */
    public ConvOptions withGroups(int value) {
        ConvOptions changed = new ConvOptions(this);
        changed.groups = (int) atLeast("groups", new int[] {value}, 1)[0];
        return changed;
    }

    /** With or without a bias. */
    public ConvOptions withBias(boolean value) {
        ConvOptions changed = new ConvOptions(this);
        changed.bias = value;
        return changed;
    }

    /** With this around the input; for convolutions that are not transposed. */
    public ConvOptions withPaddingMode(PaddingMode value) {
        ConvOptions changed = new ConvOptions(this);
        changed.paddingMode = java.util.Objects.requireNonNull(value, "value");
        return changed;
    }

    private static long[] atLeast(String name, int[] values, int least) {
        if (values.length == 0) {
            throw new IllegalArgumentException(name + " needs at least one number");
        }
        for (int value : values) {
            if (value < least) {
                throw new IllegalArgumentException(name + " must be at least " + least + ", is " + value);
            }
        }
        return Arrays.stream(values).asLongStream().toArray();
    }

    /** The number of blocks of channels. */
    public int groups() {
        return groups;
    }

    /** Whether there is a bias. */
    public boolean bias() {
        return bias;
    }

    /** What is around the input. */
    public PaddingMode paddingMode() {
        return paddingMode;
    }

    /** Whether the padding is as much as keeps the size. */
    public boolean isSame() {
        return same;
    }

    // The lists as native calls take them; nobody changes them.

    long[] strides() {
        return stride;
    }

    long[] paddings() {
        return padding;
    }

    long[] outputPaddings() {
        return outputPadding;
    }

    long[] dilations() {
        return dilation;
    }

    long strideAt(int dim) {
        return at(stride, dim);
    }

    long paddingAt(int dim) {
        return at(padding, dim);
    }

    long dilationAt(int dim) {
        return at(dilation, dim);
    }

    static long at(long[] values, int dim) {
        return values.length == 1 ? values[0] : values[dim];
    }

    /** Checks that the lists have as many numbers as there are dimensions. */
    void checkDimensions(int dims) {
        for (long[] list : new long[][] {stride, padding, outputPadding, dilation}) {
            if (list.length != 1 && list.length != dims) {
                throw new IllegalArgumentException("a convolution of " + dims + " dimensions takes one number or "
                        + dims + ", not " + Arrays.toString(list));
            }
        }
    }
}
