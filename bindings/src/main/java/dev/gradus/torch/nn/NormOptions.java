package dev.gradus.torch.nn;

/**
 * How batch and instance normalisation work.
 *
 * @param eps added to the variance, at least 0
 * @param momentum how far the averages move towards those of each batch, in [0, 1]; NaN: they are the means of all batches
 *     so far, PyTorch's {@code momentum=None}
 * @param affine whether each channel has a scale and a shift, which are trained
 * @param trackRunningStats whether averages are kept, and used in evaluation mode
 */
public record NormOptions(double eps, double momentum, boolean affine, boolean trackRunningStats) {
    private static final NormOptions BATCH = new NormOptions(1e-5, 0.1, true, true);
    private static final NormOptions INSTANCE = new NormOptions(1e-5, 0.1, false, false);

    /** @throws IllegalArgumentException naming the component out of range */
    public NormOptions {
        if (!(eps >= 0)) {
            throw new IllegalArgumentException("eps must be at least 0, is " + eps);
        }
        if (momentum < 0 || momentum > 1) {
            throw new IllegalArgumentException("momentum must be in [0, 1] or NaN, is " + momentum);
        }
    }

    /** PyTorch's for batch normalisation: eps 1e-5, momentum 0.1, with scale, shift and averages. */
    public static NormOptions batch() {
        return BATCH;
    }

    /** PyTorch's for instance normalisation: eps 1e-5, momentum 0.1, without scale, shift and averages. */
    public static NormOptions instance() {
        return INSTANCE;
    }

    /** The same with another eps. */
    public NormOptions withEps(double value) {
        return new NormOptions(value, momentum, affine, trackRunningStats);
    }

    /** The same with another momentum. */
    public NormOptions withMomentum(double value) {
        return new NormOptions(eps, value, affine, trackRunningStats);
    }

    /** The same with or without scale and shift. */
    public NormOptions withAffine(boolean value) {
        return new NormOptions(eps, momentum, value, trackRunningStats);
    }

    /** The same with or without averages. */
    public NormOptions withTrackRunningStats(boolean value) {
        return new NormOptions(eps, momentum, affine, value);
    }
}
