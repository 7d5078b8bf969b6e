package dev.gradus.diffusion.model;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.nn.F;

/** Attention by several heads: Vaswani et al., "Attention Is All You Need" (2017), section 3.2.2, without its projections. */
final class Heads {
    private Heads() {}

    /**
     * Attends.
     *
     * @param q (B, L, C)
     * @param k (B, S, C)
     * @param v (B, S, C)
     * @param mask bool, of a shape that broadcasts to (B, heads, L, S), true where a key counts; or null
     * @return (B, L, C)
     */
    static Tensor attend(Tensor q, Tensor k, Tensor v, Tensor mask, int heads) {
        Tensor y = F.scaledDotProductAttention(split(q, heads), split(k, heads), split(v, heads), mask, 0.0, false);
        return y.transpose(1, 2).flatten(2, -1);
    }

    /** (B, L, C) to (B, heads, L, C / heads). */
    private static Tensor split(Tensor y, int heads) {
        return y.unflatten(2, heads, -1).transpose(1, 2);
    }
}
