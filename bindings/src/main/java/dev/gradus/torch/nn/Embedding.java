package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;

/** A table of vectors: indices of any shape (...) to (..., dim). */
public final class Embedding extends Layer {
    private final int count;
    private final int dim;
    private final Parameter weight;

    /** Drawn from the default generator. */
    public Embedding(int count, int dim) {
        this(count, dim, null);
    }

    /** Draws the table (count, dim) from the standard normal distribution as PyTorch's {@code nn.Embedding} does. */
    public Embedding(int count, int dim, Generator generator) {
        this.count = Sizes.positive("count", count);
        this.dim = Sizes.positive("dim", dim);
        Tensor table = Torch.empty(count, dim).normal_(0, 1, generator);
        weight = registerParameter("weight", table);
    }

    /**
     * The rows of the table for {@code indices}, of an integer type.
     *
     * @throws dev.gradus.torch.TorchIndexException if an index is not in [0, count)
     */
    @Override
    public Tensor forward(Tensor indices) {
        return F.embedding(indices, weight.get());
    }

    /** The table, owned by this module. */
    public Tensor weight() {
        return weight.get();
    }

    /** The place of the table, to tie another module's weight to it. */
    public Parameter weightParameter() {
        return weight;
    }

    @Override
    protected String extraRepr() {
        return count + ", " + dim;
    }
}
