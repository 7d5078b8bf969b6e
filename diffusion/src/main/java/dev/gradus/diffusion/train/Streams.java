package dev.gradus.diffusion.train;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;

/**
 * The random numbers of a team. The noise of an image is a function of the seed and of its position in the run, and the dropout of a
 * rank one of seed, step and rank: so streams are independent, nothing of them needs to be saved, and noise does not depend on how
 * many ranks there are.
 */
final class Streams implements AutoCloseable {
    private static final long NOISE = 0x6e6f697365L;
    private static final long DROPOUT = 0x64726f70L;

    private final long seed;
    private final Generator noise;

    /** @param noise on the device; taken over */
    Streams(long seed, Generator noise) {
        this.seed = seed;
        this.noise = noise;
    }

    /**
     * Standard normal noise for images.
     *
     * @param images (B, C, H, W)
     * @param position of the first image in the run
     */
    Tensor noise(Tensor images, long position) {
        Tensor eps = Torch.emptyLike(images);
        for (int i = 0; i < images.size(0); i++) {
            noise.manualSeed(mix(mix(seed ^ NOISE) + position + i));
            eps.select(0, i).normal_(0, 1, noise);
        }
        return eps;
    }

    /** Sets libtorch's default generators, from which dropout draws. */
    void beginStep(long step, int rank) {
        Torch.manualSeed(mix(mix(mix(seed ^ DROPOUT) + step) + rank));
    }

    /** The output function of SplitMix64 (Steele, Lea and Flood 2014). */
    private static long mix(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }

    @Override
    public void close() {
        noise.close();
    }
}
