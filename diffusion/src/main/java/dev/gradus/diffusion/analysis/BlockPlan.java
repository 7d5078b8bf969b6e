package dev.gradus.diffusion.analysis;

/**
 * How many draws and how many images are worked on at a time, so that tensors stay within a budget.
 *
 * @param draws rows of a block
 * @param images columns of a block, and images decoded at a time
 */
record BlockPlan(int draws, int images) {
    /** A block of 256 x 1024 float64 is 2 MB: larger ones leave the cache and are no faster. */
    private static final int MOST_DRAWS = 256;

    private static final int MOST_IMAGES = 1024;

    /** Bytes held for a pixel of a draw: the image and the noise, float64. */
    private static final long BYTES_OF_DRAW = 16;

    /** Bytes held for a pixel of a decoded image: the buffer, its copy, and float64. */
    private static final long BYTES_OF_IMAGE = 16;

    /** Bytes held for a pair of a draw and an image: seven float64 matrices at the most. */
    private static final long BYTES_OF_PAIR = 56;

    /** Bytes held for a draw at a transition: five running sums. */
    private static final long BYTES_OF_SUM = 40;

    /**
     * The largest blocks that fit.
     *
     * @param memory the budget in bytes
     * @throws IllegalArgumentException if not even one draw and one image fit; the message says what would
     */
    static BlockPlan within(long memory, long dimension, long draws, long images, long transitions) {
        int rows = (int) Math.min(MOST_DRAWS, draws);
        int columns = (int) Math.min(MOST_IMAGES, images);
        while (bytes(dimension, rows, columns, transitions) > memory) {
            if (rows == 1 && columns == 1) {
                throw new IllegalArgumentException("a memory budget of " + memory
                        + " bytes is too small; this data needs" + " at least " + bytes(dimension, 1, 1, transitions));
            }
            if (columns >= rows) {
                columns = (columns + 1) / 2;
            } else {
                rows = (rows + 1) / 2;
            }
        }
        return new BlockPlan(rows, columns);
    }

    private static long bytes(long dimension, long draws, long images, long transitions) {
        // Draws are decoded in the same buffer, one block of images at a time.
        return BYTES_OF_DRAW * draws * dimension
                + BYTES_OF_IMAGE * images * dimension
                + BYTES_OF_PAIR * draws * images
                + BYTES_OF_SUM * draws * transitions;
    }
}
