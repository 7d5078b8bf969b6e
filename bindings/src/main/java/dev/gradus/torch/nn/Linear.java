package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;

/** An affine map of the last dimension: (..., inFeatures) to (..., outFeatures). */
public final class Linear extends Layer {
    private final int inFeatures;
    private final int outFeatures;
    private final Parameter weight;
    private final Parameter bias; // null for none

    /** With a bias, drawn from the default generator. */
    public Linear(int inFeatures, int outFeatures) {
        this(inFeatures, outFeatures, true, null);
    }

    /** With a bias. */
    public Linear(int inFeatures, int outFeatures, Generator generator) {
        this(inFeatures, outFeatures, true, generator);
    }

    /**
     * Draws the weight (outFeatures, inFeatures), then the bias (outFeatures), from {@code generator} as PyTorch's
     * {@code nn.Linear} does.
     *
     * @param bias whether there is one
     * @param generator null: the default one
     */
    public Linear(int inFeatures, int outFeatures, boolean bias, Generator generator) {
        this.inFeatures = Sizes.positive("inFeatures", inFeatures);
        this.outFeatures = Sizes.positive("outFeatures", outFeatures);
        Tensor w = Init.weight_(Torch.empty(outFeatures, inFeatures), generator);
        Tensor b = bias ? Init.bias_(Torch.empty(outFeatures), w, generator) : null;
        weight = registerParameter("weight", w);
        this.bias = bias ? registerParameter("bias", b) : null;
    }

    /** {@code x W^T + b}. */
    @Override
    public Tensor forward(Tensor x) {
        return F.linear(x, weight.get(), Parameter.get(bias));
    }

    /** The weight, owned by this module. */
    public Tensor weight() {
        return weight.get();
    }

    /** The bias, owned by this module; null if there is none. */
    public Tensor bias() {
        return Parameter.get(bias);
    }

    @Override
    protected String extraRepr() {
        return Repr.options("in_features", inFeatures, "out_features", outFeatures, "bias", bias != null);
    }
}
