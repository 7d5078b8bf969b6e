package dev.gradus.torch.nn;

import dev.gradus.torch.Tensor;
import java.util.Arrays;

/** Changes the size of signals (B, C, L), images (B, C, H, W) or volumes (B, C, D, H, W): {@link F#interpolate}. */
public final class Upsample extends Layer {
    private final long[] size; // null where a factor is given
    private final double scaleFactor;
    private final F.Interpolation mode;
    private final boolean alignCorners;

    private Upsample(long[] size, double scaleFactor, F.Interpolation mode, boolean alignCorners) {
        this.size = size;
        this.scaleFactor = scaleFactor;
        this.mode = mode;
        this.alignCorners = alignCorners;
    }

    /** By a factor, by repeating values. */
    public Upsample(double scaleFactor) {
        this(scaleFactor, F.Interpolation.NEAREST, false);
    }

    /** By a factor, the same in all dimensions of space. */
    public Upsample(double scaleFactor, F.Interpolation mode, boolean alignCorners) {
        this(null, scaleFactor, mode, alignCorners);
    }

    /** To a size. */
    public Upsample(long[] size, F.Interpolation mode, boolean alignCorners) {
        this(size.clone(), 0, mode, alignCorners);
    }

    @Override
    public Tensor forward(Tensor input) {
        double[] factors = null;
        if (size == null) {
            factors = new double[Math.max(0, input.dim() - 2)];
            Arrays.fill(factors, scaleFactor);
        }
        return F.interpolate(input, size, factors, mode, alignCorners);
    }

    @Override
    protected String extraRepr() {
        String name = "'" + mode.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-') + "'";
        return size == null
                ? Repr.options("scale_factor", scaleFactor, "mode", name)
                : Repr.options("size", size, "mode", name);
    }
}
