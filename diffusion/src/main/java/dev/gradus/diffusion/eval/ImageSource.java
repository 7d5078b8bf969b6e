package dev.gradus.diffusion.eval;

import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.sampler.SharedBatches;
import dev.gradus.diffusion.train.ImageGenerator;
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

    /**
     * Images 0, 1, 2, ... of a seed, without end, in batches of 64, or 256 on a GPU. A network that takes classes or captions is asked for
     * those of the images of a data set, in an order that the seed determines: so the classes are as frequent as there.
     *
     * @param generator the caller's, open as long as the source is used
     * @param like the data set; one without labels has the classes in turn
     */
    static ImageSource drawn(ImageGenerator generator, SamplingConfig sampling, long seed, ImageDataset like) {
        return drawn(generator, sampling, seed, like, SharedBatches.alone());
    }

    /**
     * The same images, drawn by several ranks for rank 0. The others call {@link #help}.
     *
     * @param shared borrowed
     */
    static ImageSource drawn(
            ImageGenerator generator, SamplingConfig sampling, long seed, ImageDataset like, SharedBatches shared) {
        return new DrawnImages(generator, sampling, seed, like, shared);
    }

    /** Draws this rank's part of the first {@code count} images for rank 0, which takes as many from its source. */
    static void help(
            ImageGenerator generator,
            SamplingConfig sampling,
            long seed,
            ImageDataset like,
            SharedBatches shared,
            long count) {
        new DrawnImages(generator, sampling, seed, like, shared).help(count);
    }
}
