package dev.gradus.torch.nn;

import dev.gradus.torch.NeuralOps;
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
    private boolean fused;

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

    /**
     * Chooses whether {@link #forward(Tensor, Tensor, Tensor, boolean)} is one pass over the memory; see {@link
     * NeuralOps#fusedGroupNorm}. If not, as at first, it runs PyTorch's operators one after the other, whose bits are Python's.
     */
    public void fused(boolean on) {
        fused = on;
    }

    /**
     * What networks for diffusion do around a group norm: {@code silu(forward(x + added) * (1 + s) + t)}.
     *
     * @param x (B, channels, ...)
     * @param added (B, channels), or null for zeros
     * @param scaleShift (B, 2 channels), s and then t, or null for zeros
     * @param silu whether the last step is taken
     * @return the result, and {@code x} for a residual connection
     */
    public NeuralOps.FusedGroupNorm forward(Tensor x, Tensor added, Tensor scaleShift, boolean silu) {
        if (fused) {
            return NeuralOps.fusedGroupNorm(
                    x, groups, Parameter.get(weight), Parameter.get(bias), eps, added, scaleShift, silu);
        }
        Tensor y = forward(added == null ? x : x.add(spread(added, x)));
        if (scaleShift != null) {
            Tensor[] parts = spread(scaleShift, x).chunk(2, 1);
            y = y.mul(parts[0].add(1)).add(parts[1]);
        }
        return new NeuralOps.FusedGroupNorm(silu ? F.silu(y) : y, x);
    }

    /** (B, N) as (B, N, 1, ...), for all of an image. */
    private static Tensor spread(Tensor each, Tensor image) {
        for (int i = 2; i < image.dim(); i++) {
            each = each.unsqueeze(i);
        }
        return each;
    }

    @Override
    protected String extraRepr() {
        return Repr.options("", groups, "", channels, "eps", eps, "affine", weight != null, "bias", bias != null);
    }
}
