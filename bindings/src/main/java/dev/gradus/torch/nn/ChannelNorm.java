package dev.gradus.torch.nn;

import dev.gradus.torch.DType;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.Torch;

/** What batch and instance normalisation share: scale and shift of each channel, and averages over the batches. */
abstract sealed class ChannelNorm extends Layer permits BatchNorm, InstanceNorm {
    final NormOptions options;

    private final int channels;
    final int space;
    private final Parameter weight; // null without affine
    private final Parameter bias; // likewise
    private final Parameter runningMean; // null without averages
    private final Parameter runningVar; // likewise
    private final Parameter batches; // likewise

    ChannelNorm(int channels, NormOptions options, int space) {
        this.channels = Sizes.positive("channels", channels);
        this.options = options;
        this.space = space;
        boolean affine = options.affine();
        weight = affine ? registerParameter("weight", Torch.ones(channels)) : null;
        bias = affine ? registerParameter("bias", Torch.zeros(channels)) : null;
        boolean track = options.trackRunningStats();
        runningMean = track ? registerBuffer("running_mean", Torch.zeros(channels)) : null;
        runningVar = track ? registerBuffer("running_var", Torch.ones(channels)) : null;
        batches = track ? registerBuffer("num_batches_tracked", Torch.zeros(TensorOptions.of(DType.INT64))) : null;
    }

    /** Whether an input of this many dimensions is taken, where the layer is for {@code space} dimensions. */
    abstract boolean takes(int dims, int space);

    /** How far the averages move in this training step; {@code batches} counts them, null where there are no averages. */
    abstract double momentum(Tensor batches);

    abstract Tensor normalize(
            Tensor input, Tensor mean, Tensor var, Tensor weight, Tensor bias, boolean useInput, double momentum);

    @Override
    public final Tensor forward(Tensor input) {
        int dims = input.dim();
        if (!takes(dims, space)) {
            throw new IllegalArgumentException(
                    getClass().getSimpleName() + " takes no input of " + dims + " dimensions");
        }
        boolean useInput = isTraining() || runningMean == null;
        double momentum = isTraining() ? momentum(Parameter.get(batches)) : 0;
        return normalize(
                input,
                Parameter.get(runningMean),
                Parameter.get(runningVar),
                Parameter.get(weight),
                Parameter.get(bias),
                useInput,
                momentum);
    }

    /** The scale, owned by this module; null if there is none. */
    public final Tensor weight() {
        return Parameter.get(weight);
    }

    /** The shift, owned by this module; null if there is none. */
    public final Tensor bias() {
        return Parameter.get(bias);
    }

    /** The average of the means, owned by this module; null if there is none. */
    public final Tensor runningMean() {
        return Parameter.get(runningMean);
    }

    /** The average of the variances, owned by this module; null if there is none. */
    public final Tensor runningVar() {
        return Parameter.get(runningVar);
    }

    @Override
    protected final String extraRepr() {
        Object momentum = Double.isNaN(options.momentum()) ? "None" : (Object) options.momentum();
        return Repr.options(
                "",
                channels,
                "eps",
                options.eps(),
                "momentum",
                momentum,
                "affine",
                options.affine(),
                "bias",
                options.affine(),
                "track_running_stats",
                options.trackRunningStats());
    }
}
