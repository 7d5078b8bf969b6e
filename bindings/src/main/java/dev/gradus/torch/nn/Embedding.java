package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;

/** A table of vectors: indices of any shape (...) to (..., dim). */
public final class Embedding extends Module {
    private final Parameter weight;

    /** Draws the table (count, dim) from the standard normal distribution as PyTorch's {@code nn.Embedding} does. */
    public Embedding(int count, int dim, Generator generator) {
        Sizes.positive("count", count);
        Sizes.positive("dim", dim);
        weight = registerParameter("weight", Torch.empty(count, dim).normal_(0, 1, generator));
    }

    /**
     * The rows of the table for {@code indices}, of an integer type.
     *
     * @throws dev.gradus.torch.TorchIndexException if an index is not in [0, count)
     */
    public Tensor forward(Tensor indices) {
        return F.embedding(indices, weight.get());
    }
}
