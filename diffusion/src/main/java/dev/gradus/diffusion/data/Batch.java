package dev.gradus.diffusion.data;

import dev.gradus.torch.Tensor;
import java.util.List;

/**
 * A training batch; its tensors are owned by the scope it was made in.
 *
 * @param images (B, C, H, W) float32 in [-1, 1]
 * @param labels (B) int64
 * @param captions of each image, empty where it has none
 */
public record Batch(Tensor images, Tensor labels, List<String> captions) {
    public Batch {
        captions = List.copyOf(captions);
        if (captions.size() != images.size(0)) {
            throw new IllegalArgumentException(
                    "there are " + captions.size() + " captions for " + images.size(0) + " images");
        }
    }

    /** B. */
    public int size() {
        return captions.size();
    }
}
