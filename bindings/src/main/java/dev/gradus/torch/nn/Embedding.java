package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;

/** A table of vectors: indices of any shape (...) to (..., dim). */
public final class Embedding extends Layer {
    private static final int NO_PADDING = -1;

    private final int count;
    private final int dim;
    private final int paddingIdx;
    private final Parameter weight;

    /** Drawn from the default generator. */
    public Embedding(int count, int dim) {
        this(count, dim, null);
    }

    /** Draws the table (count, dim) from the standard normal distribution as PyTorch's {@code nn.Embedding} does. */
    public Embedding(int count, int dim, Generator generator) {
        this(count, dim, NO_PADDING, false, generator);
    }

    /**
     * With a row for padding: it starts as zeros and is not trained.
     *
     * @param paddingIdx its index
     * @param generator null: the default one
     */
    public static Embedding withPadding(int count, int dim, int paddingIdx, Generator generator) {
        return new Embedding(count, dim, paddingIdx, true, generator);
    }

    private Embedding(int count, int dim, int paddingIdx, boolean padded, Generator generator) {
        this.count = Sizes.positive("count", count);
        this.dim = Sizes.positive("dim", dim);
        if (padded && (paddingIdx < 0 || paddingIdx >= count)) {
            throw new IllegalArgumentException(
                    "paddingIdx must be in [0, " + count + "), the rows of the table, is " + paddingIdx);
        }
        this.paddingIdx = paddingIdx;
        Tensor table = Torch.empty(count, dim).normal_(0, 1, generator);
        if (padded) {
            Init.zeroRow_(table, paddingIdx);
        }
        weight = registerParameter("weight", table);
    }

    /**
     * The rows of the table for {@code indices}, of an integer type.
     *
     * @throws dev.gradus.torch.TorchIndexException if an index is not in [0, count)
     */
    @Override
    public Tensor forward(Tensor indices) {
        return paddingIdx == NO_PADDING
                ? F.embedding(indices, weight.get())
                : F.embedding(indices, weight.get(), paddingIdx);
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
        String size = count + ", " + dim;
        return paddingIdx == NO_PADDING ? size : size + ", padding_idx=" + paddingIdx;
    }
}
