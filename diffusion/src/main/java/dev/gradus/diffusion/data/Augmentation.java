package dev.gradus.diffusion.data;

import dev.gradus.diffusion.config.DataConfig;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.Torch;

/**
 * What is done to training images at random, on the device. What is drawn for an image is a pure function of seed and position,
 * as {@link ImageOrder} is.
 *
 * @param flip whether an image is mirrored, left to right, with probability one half
 * @param cropPadding rows and columns that are added around an image, as its mirror image, before a part of the old size is cut
 *     out at a random place; below the size
 */
public record Augmentation(boolean flip, int cropPadding) {
    /** Images as they are. */
    public static final Augmentation NONE = new Augmentation(false, 0);

    /** How many numbers are drawn for an image: whether it is flipped, and the first row and column cut out. */
    static final int NUMBERS = 3;

    private static final long SALT =
            0x6a09e667f3bcc909L; // The fraction of the root of 2: another stream than the order's.

    public Augmentation {
        if (cropPadding < 0) {
            throw new IllegalArgumentException("cropPadding must be at least 0, is " + cropPadding);
        }
    }

    /** As a configuration says. */
    public static Augmentation of(DataConfig config) {
        return new Augmentation(config.flip(), config.cropPadding());
    }

    boolean isNone() {
        return !flip && cropPadding == 0;
    }

    /**
     * Number {@code which} for the image at a position: 0 or 1 for the flip, from {@code -cropPadding} to {@code cropPadding} for
     * the row and the column that the part begins at.
     */
    long draw(long seed, long position, int which) {
        long bits = ImageOrder.mix(ImageOrder.mix(ImageOrder.mix(seed ^ SALT) + position) + which);
        if (which == 0) {
            return flip ? bits >>> 63 : 0;
        }
        return Long.remainderUnsigned(bits, 2L * cropPadding + 1) - cropPadding;
    }

    /**
     * Flips and crops a batch; the result is the current scope's.
     *
     * @param images (B, C, H, W) of any dtype
     * @param drawn (3, B) int64 on the same device
     */
    Tensor apply(Tensor images, Tensor drawn) {
        long[] shape = images.shape();
        Device device = images.device();
        Tensor flipped = drawn.get(0).view(shape[0], 1, 1, 1);
        Tensor rows = mirrored(
                count(device, shape[2]).view(1, 1, shape[2], 1).add(drawn.get(1).view(shape[0], 1, 1, 1)), shape[2]);
        Tensor columns = mirrored(
                count(device, shape[3]).view(1, 1, 1, shape[3]).add(drawn.get(2).view(shape[0], 1, 1, 1)), shape[3]);
        // Column j of a flipped image is column W - 1 - j.
        columns = columns.add(flipped.mul(columns.mul(-2).add(shape[3] - 1)));
        return images.get(
                count(device, shape[0]).view(shape[0], 1, 1, 1),
                count(device, shape[1]).view(1, shape[1], 1, 1),
                rows,
                columns);
    }

    private static Tensor count(Device device, long end) {
        return Torch.arange(TensorOptions.of(DType.INT64).device(device), 0, end, 1);
    }

    /** Positions outside of an image, reflected at its first and last row or column, which are not repeated. */
    private static Tensor mirrored(Tensor position, long length) {
        Tensor positive = position.abs();
        return positive.sub(positive.sub(length - 1).clampMin(0).mul(2));
    }
}
