package dev.gradus.diffusion.config;

/**
 * How a training step uses memory. None of it changes what is learnt, but for rounding, and for dropout, which draws for each
 * piece of a batch by itself.
 *
 * @param pieces into how many parts a batch is cut, whose gradients are added up: the memory of a step is about that of
 *     {@code batchSize / pieces} images
 * @param recompute whether the blocks of the network compute their inner results again for backward instead of keeping them
 *     (Chen et al., arXiv 1604.06174): less memory, about a third more time
 * @param format {@code channels-last} stores images and the weights of convolutions with the channels side by side, which
 *     convolutions are fastest with; {@code contiguous} each channel by itself; {@code auto} takes the first for a UNet with
 *     fused kernels
 * @param shardState whether the ranks of a training on several devices divide the optimizer's state and the averages of the weights
 *     among themselves (ZeRO-1, Rajbhandari et al., arXiv 1910.02054), instead of having a copy each
 */
public record MemoryConfig(int pieces, boolean recompute, Format format, boolean shardState) {
    public enum Format {
        AUTO,
        CONTIGUOUS,
        CHANNELS_LAST
    }

    public MemoryConfig {
        Check.range("memory.pieces", pieces, 1, 1 << 20);
        Check.present("memory.format", format);
    }

    /** A whole batch at once, everything kept, the layout that is fastest. */
    public static MemoryConfig defaults() {
        return new MemoryConfig(1, false, Format.AUTO, false);
    }
}
