package dev.gradus.torch.nn;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;

/** {@code x} where it is positive, else a slope times {@code x} that is trained: He et al., "Delving Deep into Rectifiers" (2015). */
public final class PReLU extends Layer {
    private final int count;
    private final Parameter weight;

    /** One slope, which starts at 0.25. */
    public PReLU() {
        this(1, 0.25);
    }

    /**
     * Slopes that start at {@code init}.
     *
     * @param count 1, or the number of channels
     */
    public PReLU(int count, double init) {
        this.count = Sizes.positive("count", count);
        weight = registerParameter("weight", Torch.ones(count).mul_(init));
    }

    @Override
    public Tensor forward(Tensor input) {
        return F.prelu(input, weight.get());
    }

    @Override
    protected String extraRepr() {
        return Repr.options("num_parameters", count);
    }
}
