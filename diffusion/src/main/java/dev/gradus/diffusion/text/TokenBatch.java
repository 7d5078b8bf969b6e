package dev.gradus.diffusion.text;

import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;
import java.util.Arrays;

/**
 * The tokens of several captions.
 *
 * @param ids (B, L) int64: start, tokens, end, padding
 * @param mask (B, L) bool, true where there is no padding
 */
public record TokenBatch(Tensor ids, Tensor mask) {
    /** @throws IllegalArgumentException if shapes or types do not fit */
    public TokenBatch {
        if (ids.dim() != 2 || ids.dtype() != DType.INT64) {
            throw new IllegalArgumentException("the tokens must be int64 of the shape (B, L), are " + ids.dtype()
                    + " of " + Arrays.toString(ids.shape()));
        }
        if (!Arrays.equals(ids.shape(), mask.shape()) || mask.dtype() != DType.BOOL) {
            throw new IllegalArgumentException("the mask must be bool of the tokens' shape "
                    + Arrays.toString(ids.shape()) + ", is " + mask.dtype() + " of " + Arrays.toString(mask.shape()));
        }
    }

    /** B. */
    public int size() {
        return Math.toIntExact(ids.size(0));
    }

    /** L. */
    public int length() {
        return Math.toIntExact(ids.size(1));
    }

    /** The captions of these places, in this order. */
    public TokenBatch select(Tensor indices) {
        return new TokenBatch(ids.indexSelect(0, indices), mask.indexSelect(0, indices));
    }

    /**
     * Puts one caption in place of some: caption dropout.
     *
     * @param dropped (B) bool
     * @param caption of one caption of the same length, such as the empty one
     */
    public TokenBatch replace(Tensor dropped, TokenBatch caption) {
        if (caption.size() != 1 || caption.length() != length()) {
            throw new IllegalArgumentException("must be replaced by one caption of " + length() + " tokens, not by "
                    + caption.size() + " of " + caption.length());
        }
        Tensor rows = dropped.unsqueeze(1);
        return new TokenBatch(Torch.where(rows, caption.ids, ids), Torch.where(rows, caption.mask, mask));
    }

    /** The same on a device. */
    public TokenBatch to(Device device) {
        return new TokenBatch(ids.to(device), mask.to(device));
    }
}
