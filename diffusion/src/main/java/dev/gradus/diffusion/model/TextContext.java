package dev.gradus.diffusion.model;

import dev.gradus.torch.Tensor;

/**
 * The text as attention takes it.
 *
 * @param tokens (B, L, D)
 * @param mask (B, 1, 1, L) bool, true where a token counts; null where all do
 */
record TextContext(Tensor tokens, Tensor mask) {
    /** Null if there is no text. */
    static TextContext of(Conditioning conditioning) {
        if (conditioning.text() == null) {
            return null;
        }
        Tensor mask = conditioning.textMask();
        return new TextContext(
                conditioning.text(), mask == null ? null : mask.unsqueeze(1).unsqueeze(2));
    }
}
