package dev.gradus.diffusion.data;

import dev.gradus.torch.Tensor;

/**
 * A training batch, owned by the scope it was made in.
 *
 * @param images (B, C, H, W) float32 in [-1, 1]
 * @param labels (B) int64
 */
public record Batch(Tensor images, Tensor labels) {
    /** B. */
    public int size() {
        return Math.toIntExact(images.size(0));
    }
}
