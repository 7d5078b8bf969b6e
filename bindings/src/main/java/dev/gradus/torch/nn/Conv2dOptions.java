package dev.gradus.torch.nn;

/**
 * How a two-dimensional convolution runs over its input.
 *
 * @param strideH step between rows of the output, at least 1
 * @param strideW step between columns of the output, at least 1
 * @param paddingH rows of zeros above and below, at least 0
 * @param paddingW columns of zeros left and right, at least 0
 * @param dilationH distance between the kernel's rows, at least 1
 * @param dilationW distance between the kernel's columns, at least 1
 * @param groups number of blocks the channels are split into, each convolved by itself, at least 1
 */
public record Conv2dOptions(
        int strideH, int strideW, int paddingH, int paddingW, int dilationH, int dilationW, int groups) {
    private static final Conv2dOptions DEFAULTS = new Conv2dOptions(1, 1, 0, 0, 1, 1, 1);

    /** @throws IllegalArgumentException naming the component out of range */
    public Conv2dOptions {
        atLeast("strideH", strideH, 1);
        atLeast("strideW", strideW, 1);
        atLeast("paddingH", paddingH, 0);
        atLeast("paddingW", paddingW, 0);
        atLeast("dilationH", dilationH, 1);
        atLeast("dilationW", dilationW, 1);
        atLeast("groups", groups, 1);
    }

    private static void atLeast(String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(name + " must be at least " + least + ", is " + value);
        }
    }

    /** Stride 1, no padding, dilation 1, one group. */
    public static Conv2dOptions defaults() {
        return DEFAULTS;
    }

    /** The defaults with this padding on all sides. */
    public static Conv2dOptions padding(int padding) {
        return DEFAULTS.withPadding(padding);
    }

    /** The defaults with this stride in both directions. */
    public static Conv2dOptions stride(int stride) {
        return DEFAULTS.withStride(stride);
    }

    /** The same with another stride in both directions. */
    public Conv2dOptions withStride(int stride) {
        return new Conv2dOptions(stride, stride, paddingH, paddingW, dilationH, dilationW, groups);
    }

    /** The same with another padding on all sides. */
    public Conv2dOptions withPadding(int padding) {
        return new Conv2dOptions(strideH, strideW, padding, padding, dilationH, dilationW, groups);
    }

    /** The same with another dilation in both directions. */
    public Conv2dOptions withDilation(int dilation) {
        return new Conv2dOptions(strideH, strideW, paddingH, paddingW, dilation, dilation, groups);
    }

    /** The same with another number of groups. */
    public Conv2dOptions withGroups(int groups) {
        return new Conv2dOptions(strideH, strideW, paddingH, paddingW, dilationH, dilationW, groups);
    }
}
