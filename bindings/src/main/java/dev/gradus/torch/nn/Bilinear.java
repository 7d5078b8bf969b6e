package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;

/** A bilinear map of two inputs: (..., in1) and (..., in2) to (..., out). */
public final class Bilinear extends Module {
    private final int in1;
    private final int in2;
    private final int out;
    private final Parameter weight;
    private final Parameter bias; // null for none

    /**
     * Draws the weight (out, in1, in2), then the bias (out), from {@code generator} as PyTorch's {@code nn.Bilinear} does.
     *
     * @param bias whether there is one
     * @param generator null: the default one
     */
    public Bilinear(int in1, int in2, int out, boolean bias, Generator generator) {
        this.in1 = Sizes.positive("in1", in1);
        this.in2 = Sizes.positive("in2", in2);
        this.out = Sizes.positive("out", out);
        double bound = 1 / Math.sqrt(in1);
        weight = registerParameter("weight", Torch.empty(out, in1, in2).uniform_(-bound, bound, generator));
        this.bias = bias ? registerParameter("bias", Torch.empty(out).uniform_(-bound, bound, generator)) : null;
    }

    /** {@code x1 W x2^T + b} for each output. */
    public Tensor forward(Tensor input1, Tensor input2) {
        return F.bilinear(input1, input2, weight.get(), Parameter.get(bias));
    }

    @Override
    protected String extraRepr() {
        return Repr.options("in1_features", in1, "in2_features", in2, "out_features", out, "bias", bias != null);
    }
}
