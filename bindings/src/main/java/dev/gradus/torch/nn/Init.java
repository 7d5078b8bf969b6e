package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;

/**
 * PyTorch's initialisations of weights, in place. Bounds are computed in double precision by the same sequence of
 * operations as in {@code torch.nn.init}, so equal seeds give equal bits.
 */
public final class Init {
    private Init() {}

    /**
     * The number of inputs that each output of a weight sums over: the product of all sizes but the first.
     *
     * @throws IllegalArgumentException if the weight has fewer than two dimensions
     */
    public static long fanIn(Tensor weight) {
        long[] shape = weight.shape();
        if (shape.length < 2) {
            throw new IllegalArgumentException("a weight must have at least 2 dimensions, has " + shape.length);
        }
        long fanIn = 1;
        for (int i = 1; i < shape.length; i++) {
            fanIn *= shape[i];
        }
        return fanIn;
    }

    /**
     * Uniform in plus or minus {@code sqrt(6 / ((1 + a^2) fanIn))}: He et al., "Delving Deep into Rectifiers" (2015), for a
     * leaky ReLU of slope {@code a}.
     *
     * @return {@code weight}
     */
    public static Tensor kaimingUniform_(Tensor weight, double a, Generator generator) {
        double gain = Math.sqrt(2.0 / (1 + a * a));
        double std = gain / Math.sqrt(fanIn(weight));
        double bound = Math.sqrt(3.0) * std;
        return weight.uniform_(-bound, bound, generator);
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
