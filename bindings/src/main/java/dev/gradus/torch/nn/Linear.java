package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;

/** An affine map of the last dimension: (..., inFeatures) to (..., outFeatures). */
public final class Linear extends Module {
    private final Parameter weight;
    private final Parameter bias;

    /**
     * Draws the weight (outFeatures, inFeatures), then the bias (outFeatures), from {@code generator} as PyTorch's
     * {@code nn.Linear} does.
     */
    public Linear(int inFeatures, int outFeatures, Generator generator) {
        Sizes.positive("inFeatures", inFeatures);
        Sizes.positive("outFeatures", outFeatures);
        Tensor w = Torch.empty(outFeatures, inFeatures);
        Tensor b = Torch.empty(outFeatures);
        Init.bias_(b, Init.weight_(w, generator), generator);
        weight = registerParameter("weight", w);
        bias = registerParameter("bias", b);
    }

    /** {@code x W^T + b}. */
    public Tensor forward(Tensor x) {
        return F.linear(x, weight.get(), bias.get());
    }

    /** The weight, owned by this module. */
    public Tensor weight() {
        return weight.get();
    }

    /** The bias, owned by this module. */
    public Tensor bias() {
        return bias.get();
    }
}
