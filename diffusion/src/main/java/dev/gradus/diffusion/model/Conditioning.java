package dev.gradus.diffusion.model;

import dev.gradus.torch.Tensor;

/**
 * What a network is told about the images besides their timestep. The tensors stay their owner's.
 *
 * @param labels (B) int64, the classes; null for a network that takes none
 * @param text (B, L, D) floating point, a vector per token of the captions; null for a network that takes none
 * @param textMask (B, L) bool, true where a token counts and false where it is padding; null where all count
 */
public record Conditioning(Tensor labels, Tensor text, Tensor textMask) {
    private static final Conditioning NONE = new Conditioning(null, null, null);

    /** @throws IllegalArgumentException if there is a mask without a text */
    public Conditioning {
        if (text == null && textMask != null) {
            throw new IllegalArgumentException("there is a mask of the text, but no text");
        }
    }

    /** What an unconditional network is told: nothing. */
    public static Conditioning none() {
        return NONE;
    }

    /** Classes only; nothing if {@code labels} is null. */
    public static Conditioning ofLabels(Tensor labels) {
        return labels == null ? NONE : new Conditioning(labels, null, null);
    }

    /** Text only; {@code mask} may be null. */
    public static Conditioning ofText(Tensor text, Tensor mask) {
        return new Conditioning(null, text, mask);
    }
}
