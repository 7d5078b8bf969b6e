package dev.gradus.diffusion.eval;

import dev.gradus.torch.Tensor;
import java.io.IOException;

/** Generated images, batch by batch. */
@FunctionalInterface
public interface ImageSource {
    /**
     * The next images, made in the scope that is open.
     *
     * @param most how many are wanted at the most, at least 1
     * @return (B, C, H, W) float32 in [-1, 1] on any device, with B from 1 to {@code most}; null when there are no more
     */
    Tensor next(long most) throws IOException;

    /**
     * Images that are there already, in batches of 250.
     *
     * @param images (N, C, H, W); the caller's, who closes them when the evaluation is over
     */
    static ImageSource of(Tensor images) {
        long[] taken = new long[1];
        return most -> {
            long size = Math.min(Math.min(most, 250), images.size(0) - taken[0]);
            if (size <= 0) {
                return null;
            }
            taken[0] += size;
            return images.narrow(0, taken[0] - size, size);
        };
    }
}
