package dev.gradus.diffusion.analysis;

import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.torch.Device;

/**
 * How exactly relative entropies are estimated, and what it may cost.
 *
 * @param samples draws of the Monte Carlo estimate, at least 2
 * @param images only the first so many images are the data set; 0: all
 * @param seed determines the draws
 * @param memory bytes that the tensors of an estimate may take at a time, without the matrix library's own buffers
 * @param device where it is computed, in float64
 */
public record EntropyOptions(int samples, long images, long seed, long memory, Device device) {
    public EntropyOptions {
        if (samples < 2) {
            throw new IllegalArgumentException("samples must be at least 2, is " + samples);
        }
        if (images < 0) {
            throw new IllegalArgumentException("images must be at least 0, is " + images);
        }
        if (memory < 1) {
            throw new IllegalArgumentException("memory must be at least 1 byte, is " + memory);
        }
    }

    /** 1000 draws, all images, seed 0, 512 MiB, on the CPU. */
    public static EntropyOptions defaults() {
        return new EntropyOptions(1000, 0, 0, 512L << 20, Device.cpu());
    }

    /** How many images of {@code dataset} are used. */
    long imagesOf(ImageDataset dataset) {
        return images == 0 ? dataset.size() : Math.min(images, dataset.size());
    }
}
