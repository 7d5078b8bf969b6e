package dev.gradus.torch.nn;

import dev.gradus.torch.Autograd;
import dev.gradus.torch.DType;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Linalg;
import dev.gradus.torch.Qr;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;

/**
 * PyTorch's initialisations of weights, in place, without a trace in the gradient graph. Bounds are computed in double
 * precision by the same sequence of operations as in {@code torch.nn.init}, so equal seeds give equal bits.
 *
 * <p>Each returns the tensor it was given. A generator may be null for the default one of the tensor's device.
 */
public final class Init {

    /** More than any distribution needs that has numbers in the range: then none can be had, in this dtype at least. */
    private static final int MOST_ROUNDS = 100_000;

    private Init() {}

    /** Which side of a weight a variance is kept for: that of its inputs (forward pass) or its outputs (backward pass). */
    public enum Fan {
        /** Inputs: keeps the variance of the forward pass. */
        IN,
        /** Outputs: keeps the variance of the gradients. */
        OUT
    }

    /** The functions that follow a layer, for {@link #calculateGain}. */
    public enum Nonlinearity {
        /** None, also for convolutions. */
        LINEAR,
        /** The logistic function. */
        SIGMOID,
        /** The hyperbolic tangent. */
        TANH,
        /** max(x, 0). */
        RELU,
        /** x, or a slope times x where it is negative. */
        LEAKY_RELU,
        /** The self-normalizing exponential unit. */
        SELU
    }

    /**
     * The number of inputs that each output of a weight sums over: the product of all sizes but the first.
     *
     * @throws IllegalArgumentException if the weight has fewer than two dimensions
     */
    public static long fanIn(Tensor weight) {
        long[] shape = matrixShape(weight);
        return shape[1] * receptiveField(shape);
    }

    /**
     * The number of outputs that each input of a weight goes to: the product of all sizes but the second.
     *
     * @throws IllegalArgumentException if the weight has fewer than two dimensions
     */
    public static long fanOut(Tensor weight) {
        long[] shape = matrixShape(weight);
        return shape[0] * receptiveField(shape);
    }

    private static long fan(Tensor weight, Fan fan) {
        return fan == Fan.IN ? fanIn(weight) : fanOut(weight);
    }

    private static long[] matrixShape(Tensor weight) {
        long[] shape = weight.shape();
        if (shape.length < 2) {
            throw new IllegalArgumentException("a weight must have at least 2 dimensions, has " + shape.length);
        }
        return shape;
    }

    private static long receptiveField(long[] shape) {
        long field = 1;
        for (int i = 2; i < shape.length; i++) {
            field *= shape[i];
        }
        return field;
    }

    /** By how much the standard deviation of weights has to grow for what follows them: {@code nn.init.calculate_gain}. */
    public static double calculateGain(Nonlinearity nonlinearity) {
        return calculateGain(nonlinearity, 0.01);
    }

    /**
     * As {@link #calculateGain(Nonlinearity)}.
     *
     * @param slope of {@link Nonlinearity#LEAKY_RELU}
     */
    public static double calculateGain(Nonlinearity nonlinearity, double slope) {
        return switch (nonlinearity) {
            case LINEAR, SIGMOID -> 1;
            case TANH -> 5.0 / 3;
            case RELU -> Math.sqrt(2.0);
            case LEAKY_RELU -> Math.sqrt(2.0 / (1 + slope * slope));
            case SELU -> 3.0 / 4;
        };
    }

    /** Uniform in [low, high). */
    public static Tensor uniform_(Tensor tensor, double low, double high, Generator generator) {
        try (var _ = Autograd.noGrad()) {
            return tensor.uniform_(low, high, generator);
        }
    }

    /** Normal. */
    public static Tensor normal_(Tensor tensor, double mean, double std, Generator generator) {
        try (var _ = Autograd.noGrad()) {
            return tensor.normal_(mean, std, generator);
        }
    }

    /** This number everywhere. */
    public static Tensor constant_(Tensor tensor, double value) {
        try (var _ = Autograd.noGrad()) {
            return tensor.fill_(value);
        }
    }

    /** Zeros. */
    public static Tensor zeros_(Tensor tensor) {
        return constant_(tensor, 0);
    }

    /** Ones. */
    public static Tensor ones_(Tensor tensor) {
        return constant_(tensor, 1);
    }

    /**
     * The identity matrix, as far as it goes.
     *
     * @throws IllegalArgumentException if the tensor has not two dimensions
     */
    public static Tensor eye_(Tensor tensor) {
        long[] shape = tensor.shape();
        if (shape.length != 2) {
            throw new IllegalArgumentException("eye_ needs a matrix, the tensor has " + shape.length + " dimensions");
        }
        return dirac_(tensor, 1);
    }

    /**
     * A convolution that passes its input through, channel by channel: {@code nn.init.dirac_}.
     *
     * @param groups a divisor of the number of outputs
     * @throws IllegalArgumentException if it is none, or the weight has fewer than two dimensions
     */
    public static Tensor dirac_(Tensor weight, int groups) {
        long[] shape = matrixShape(weight);
        Sizes.divisible("the number of outputs", (int) shape[0], "groups", groups);
        long perGroup = shape[0] / groups;
        try (var _ = Autograd.noGrad();
                TensorScope _ = TensorScope.open()) {
            weight.zero_();
            for (int group = 0; group < groups; group++) {
                for (long i = 0; i < Math.min(perGroup, shape[1]); i++) {
                    Tensor element = weight.select(0, group * perGroup + i).select(0, i);
                    for (int d = 2; d < shape.length; d++) {
                        element = element.select(0, shape[d] / 2);
                    }
                    element.fill_(1);
                }
            }
        }
        return weight;
    }

    /** Uniform, as {@link #xavierUniform_(Tensor, double, Generator)} with gain 1. */
    public static Tensor xavierUniform_(Tensor weight, Generator generator) {
        return xavierUniform_(weight, 1, generator);
    }

    /**
     * Uniform in plus or minus {@code gain sqrt(6 / (fanIn + fanOut))}: Glorot and Bengio, "Understanding the difficulty of
     * training deep feedforward neural networks" (2010), equation 16.
     */
    public static Tensor xavierUniform_(Tensor weight, double gain, Generator generator) {
        double bound = Math.sqrt(3.0) * xavierStd(weight, gain);
        return uniform_(weight, -bound, bound, generator);
    }

    /** Normal with mean 0 and standard deviation {@code gain sqrt(2 / (fanIn + fanOut))}. */
    public static Tensor xavierNormal_(Tensor weight, double gain, Generator generator) {
        return normal_(weight, 0, xavierStd(weight, gain), generator);
    }

    private static double xavierStd(Tensor weight, double gain) {
        return gain * Math.sqrt(2.0 / (fanIn(weight) + fanOut(weight)));
    }

    /**
     * Uniform in plus or minus {@code sqrt(6 / ((1 + a^2) fanIn))}: He et al., "Delving Deep into Rectifiers" (2015), for a
     * leaky ReLU of slope {@code a}.
     */
    public static Tensor kaimingUniform_(Tensor weight, double a, Generator generator) {
        return kaimingUniform_(weight, a, Fan.IN, Nonlinearity.LEAKY_RELU, generator);
    }

    /** Uniform in plus or minus {@code gain sqrt(3 / fan)}; {@code a} is the slope of a leaky ReLU. */
    public static Tensor kaimingUniform_(
            Tensor weight, double a, Fan fan, Nonlinearity nonlinearity, Generator generator) {
        double bound = Math.sqrt(3.0) * kaimingStd(weight, a, fan, nonlinearity);
        return uniform_(weight, -bound, bound, generator);
    }

    /** Normal with mean 0 and standard deviation {@code gain / sqrt(fan)}; {@code a} is the slope of a leaky ReLU. */
    public static Tensor kaimingNormal_(
            Tensor weight, double a, Fan fan, Nonlinearity nonlinearity, Generator generator) {
        return normal_(weight, 0, kaimingStd(weight, a, fan, nonlinearity), generator);
    }

    private static double kaimingStd(Tensor weight, double a, Fan fan, Nonlinearity nonlinearity) {
        return calculateGain(nonlinearity, a) / Math.sqrt(fan(weight, fan));
    }

    /**
     * Normal, but drawn anew where it is outside of [low, high]: {@code nn.init.trunc_normal_}, with the draws of PyTorch
     * 2.13. Where most of the distribution is outside, uniform numbers are drawn and kept with the probability of the density.
     *
     * @param std greater than 0
     * @throws IllegalArgumentException if it is not, or low is not below high
     */
    public static Tensor truncNormal_(
            Tensor tensor, double mean, double std, double low, double high, Generator generator) {
        if (!(std > 0) || !(low < high) || !Double.isFinite(mean) || !Double.isFinite(std)) {
            throw new IllegalArgumentException("mean and std must be finite, std greater than 0, and low below high;"
                    + " they are " + mean + ", " + std + ", " + low + " and " + high);
        }
        try (var _ = Autograd.noGrad();
                TensorScope _ = TensorScope.open()) {
            double inside = normalCdf((high - mean) / std) - normalCdf((low - mean) / std);
            if (inside > 0.3) {
                rejectOutside(tensor, mean, std, low, high, generator);
            } else {
                rejectByDensity(tensor, mean, std, low, high, generator);
            }
        }
        return tensor;
    }

    private static void rejectOutside(
            Tensor tensor, double mean, double std, double low, double high, Generator generator) {
        tensor.normal_(mean, std, generator);
        for (int round = 0; round < MOST_ROUNDS; round++) {
            try (TensorScope _ = TensorScope.open()) {
                Tensor outside = tensor.lt(low).logicalOr(tensor.gt(high));
                if (outside.any().itemLong() == 0) {
                    return;
                }
                Tensor again = Torch.emptyLike(tensor).normal_(mean, std, generator);
                tensor.copy_(Torch.where(outside, again, tensor));
            }
        }
        throw noneInRange(tensor, low, high);
    }

    private static void rejectByDensity(
            Tensor tensor, double mean, double std, double low, double high, Generator generator) {
        double mode = Math.max(low, Math.min(mean, high));
        double logPeak = -0.5 * Math.pow((mode - mean) / std, 2);
        if (!Double.isFinite(logPeak)) {
            throw noneInRange(tensor, low, high);
        }
        Tensor rejected = Torch.onesLike(tensor).to(DType.BOOL);
        for (int round = 0; round < MOST_ROUNDS; round++) {
            try (TensorScope _ = TensorScope.open()) {
                Tensor candidates = Torch.emptyLike(tensor).uniform_(low, high, generator);
                tensor.copy_(Torch.where(rejected, candidates, tensor));
                Tensor logDensity =
                        candidates.sub_(mean).div_(std).square_().mul_(-0.5).sub_(logPeak);
                rejected.logicalAnd_(
                        Torch.emptyLike(tensor).uniform_(0, 1, generator).log_().gt(logDensity));
                if (rejected.any().itemLong() == 0) {
                    return;
                }
            }
        }
        throw noneInRange(tensor, low, high);
    }

    private static IllegalArgumentException noneInRange(Tensor tensor, double low, double high) {
        return new IllegalArgumentException("the elements of a " + tensor.dtype() + " tensor got no numbers in [" + low
                + ", " + high + "]: the range is too narrow or too far from the mean");
    }

    /** The standard normal distribution function, by libtorch's error function in double precision. */
    private static double normalCdf(double x) {
        return (1 + Torch.tensor(x / Math.sqrt(2.0)).erf().item()) / 2;
    }

    /**
     * Rows, or columns where they are fewer, that are orthogonal and of length {@code gain}: Saxe et al., "Exact solutions to
     * the nonlinear dynamics of learning in deep linear neural networks" (2013). Dimensions after the first are flattened.
     *
     * @throws IllegalArgumentException if the weight has fewer than two dimensions
     */
    public static Tensor orthogonal_(Tensor weight, double gain, Generator generator) {
        long[] shape = matrixShape(weight);
        long rows = shape[0];
        long columns = weight.numel() / Math.max(rows, 1);
        if (weight.numel() == 0) {
            return weight;
        }
        try (var _ = Autograd.noGrad();
                TensorScope _ = TensorScope.open()) {
            TensorOptions options = new TensorOptions(weight.dtype(), weight.device(), false);
            Tensor flat = Torch.empty(options, rows, columns).normal_(0, 1, generator);
            Qr qr = Linalg.qr(rows < columns ? flat.transpose(0, 1) : flat);
            Tensor q = qr.q().mul(qr.r().diagonal().sign());
            weight.copy_((rows < columns ? q.transpose(0, 1) : q).reshape(shape))
                    .mul_(gain);
        }
        return weight;
    }

    /** Zeros in one row. */
    static void zeroRow_(Tensor table, int row) {
        try (var _ = Autograd.noGrad();
                TensorScope _ = TensorScope.open()) {
            table.select(0, row).zero_();
        }
    }

    /** The default for the weights of linear layers and convolutions: {@link #kaimingUniform_} with slope sqrt(5). */
    static Tensor weight_(Tensor weight, Generator generator) {
        return kaimingUniform_(weight, Math.sqrt(5), generator);
    }

    /** The default for their biases: uniform in plus or minus {@code 1 / sqrt(fanIn)}. */
    static Tensor bias_(Tensor bias, Tensor weight, Generator generator) {
        double bound = 1 / Math.sqrt(fanIn(weight));
        return bias.uniform_(-bound, bound, generator);
    }
}
