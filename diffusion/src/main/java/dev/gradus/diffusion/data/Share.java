package dev.gradus.diffusion.data;

/**
 * The part of each batch that one process of several loads.
 *
 * @param of images of the whole batch
 * @param from the first image of the part
 * @param count images of the part, at least 1
 */
public record Share(int of, int from, int count) {
    /** @throws IllegalArgumentException if it is no part of the batch */
    public Share {
        if (from < 0 || count < 1 || (long) from + count > of) {
            throw new IllegalArgumentException(
                    "images " + from + " to " + ((long) from + count - 1) + " are no part of a batch of " + of);
        }
    }

    /** The whole of a batch. */
    public static Share all(int of) {
        return new Share(of, 0, of);
    }

    /**
     * What falls to a rank: parts of the ranks follow each other and differ by one image at most.
     *
     * @throws IllegalArgumentException if there are fewer images than ranks
     */
    public static Share ofRank(int rank, int ranks, int of) {
        int from = Math.toIntExact((long) of * rank / ranks);
        return new Share(of, from, Math.toIntExact((long) of * (rank + 1) / ranks) - from);
    }
}
