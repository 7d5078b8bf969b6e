package dev.gradus.diffusion.data;

/**
 * The order in which training sees the images: a pure function of (seed, position). Position counts images from the
 * start of the run; each epoch of {@code size} positions has every image once, in an order of its own.
 *
 * <p>The order of an epoch is a permutation by a Feistel network, keyed by seed and epoch, on the smallest power of 4
 * that holds all images; a result outside of the images is permuted again until it is one (cycle walking, Black and
 * Rogaway 2002). So any position can be asked for directly and nothing is stored.
 */
public final class ImageOrder {
    private static final int ROUNDS = 8;

    private final long size;
    private final long seed;
    private final int halfBits;

    /**
     * @param size how many images there are, from 1 to 2^60
     * @param seed determines all orders
     */
    public ImageOrder(long size, long seed) {
        if (size < 1 || size > 1L << 60) {
            throw new IllegalArgumentException("size must be from 1 to 2^60, is " + size);
        }
        this.size = size;
        this.seed = seed;
        int bits = 64 - Long.numberOfLeadingZeros(size - 1);
        this.halfBits = Math.max(1, (bits + 1) / 2);
    }

    /**
     * The image at a position.
     *
     * @param position at least 0
     * @return from 0 to size - 1
     */
    public long at(long position) {
        long key = mix(mix(seed) + position / size);
        long index = position % size;
        do {
            index = permute(index, key);
        } while (index >= size);
        return index;
    }

    private long permute(long index, long key) {
        long mask = (1L << halfBits) - 1;
        long left = index >>> halfBits;
        long right = index & mask;
        for (int round = 0; round < ROUNDS; round++) {
            long next = left ^ (mix(key + right * ROUNDS + round) & mask);
            left = right;
            right = next;
        }
        return left << halfBits | right;
    }

    /** The output function of SplitMix64 (Steele, Lea and Flood 2014). */
    static long mix(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }
}
