package dev.gradus.torch.nn;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;

/**
 * Normalises groups of channels of (B, channels, ...) to mean 0 and variance 1, then scales and shifts each channel: Wu and
 * He, "Group Normalization" (2018).
 */
public final class GroupNorm extends Module {
    private final int groups;
    private final double eps;
    private final Parameter weight;
    private final Parameter bias;

    /**
     * Starts with scale 1 and shift 0.
     *
     * @param eps added to the variance
     * @throws IllegalArgumentException if the groups do not divide the channels
     */
    public GroupNorm(int groups, int channels, double eps) {
        Sizes.positive("groups", groups);
        Sizes.positive("channels", channels);
        Sizes.divisible("channels", channels, "groups", groups);
        this.groups = groups;
        this.eps = eps;
        weight = registerParameter("weight", Torch.ones(channels));
        bias = registerParameter("bias", Torch.zeros(channels));
    }

    /** The normalised {@code x}, of the same shape. */
    public Tensor forward(Tensor x) {
        return F.groupNorm(x, groups, weight.get(), bias.get(), eps);
    }
}
