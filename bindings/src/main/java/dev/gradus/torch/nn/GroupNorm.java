package dev.gradus.torch.nn;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;

/**
 * Normalises groups of channels of (B, channels, ...) to mean 0 and variance 1, then scales and shifts each channel: Wu and
 * He, "Group Normalization" (2018).
 */
public final class GroupNorm extends Layer {
    private final int groups;
    private final int channels;
    private final double eps;
    private final Parameter weight; // null without affine
    private final Parameter bias; // likewise

    /** PyTorch's defaults: eps 1e-5, with scale and shift. */
    public GroupNorm(int groups, int channels) {
        this(groups, channels, 1e-5);
    }

    /** With scale and shift. */
    public GroupNorm(int groups, int channels, double eps) {
        this(groups, channels, eps, true);
    }

    /**
     * Starts with scale 1 and shift 0.
     *
     * @param eps added to the variance
     * @param affine whether there are a scale and a shift
     * @throws IllegalArgumentException if the groups do not divide the channels
     */
    public GroupNorm(int groups, int channels, double eps, boolean affine) {
        this.groups = Sizes.positive("groups", groups);
        this.channels = Sizes.positive("channels", channels);
        Sizes.divisible("channels", channels, "groups", groups);
        this.eps = eps;
        weight = affine ? registerParameter("weight", Torch.ones(channels)) : null;
        bias = affine ? registerParameter("bias", Torch.zeros(channels)) : null;
    }

    /** The normalised {@code x}, of the same shape. */
    @Override
    public Tensor forward(Tensor x) {
        return F.groupNorm(x, groups, Parameter.get(weight), Parameter.get(bias), eps);
    }

    @Override
    protected String extraRepr() {
        return Repr.options("", groups, "", channels, "eps", eps, "affine", weight != null, "bias", bias != null);
    }
}
