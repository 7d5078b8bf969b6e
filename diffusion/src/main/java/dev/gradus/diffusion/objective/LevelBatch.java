package dev.gradus.diffusion.objective;

import dev.gradus.torch.Tensor;

/**
 * The noise levels of the images of a batch as a {@link DenoisingLoss} takes them, on the device; made by
 * {@link DenoisingLoss#levels}.
 *
 * @param rows (8, B) float32: a column for each image, or for each level of a table
 * @param shape what of it is the same for all, so that it need not be computed
 */
public record LevelBatch(Tensor rows, Shape shape) {
    /**
     * What holds for all levels.
     *
     * @param plainInput whether the network gets the noised image as it is
     * @param targetsNoise whether the target is eps
     * @param targetsImage whether the target is x_0
     * @param unweighted whether all weights are 1
     */
    public record Shape(boolean plainInput, boolean targetsNoise, boolean targetsImage, boolean unweighted) {
        /** What holds for these levels and for others. */
        public Shape and(Shape other) {
            return new Shape(
                    plainInput && other.plainInput,
                    targetsNoise && other.targetsNoise,
                    targetsImage && other.targetsImage,
                    unweighted && other.unweighted);
        }
    }

    /** The levels of a part of the batch; a view. */
    public LevelBatch narrow(long from, long count) {
        return new LevelBatch(rows.narrow(1, from, count), shape);
    }

    /**
     * Levels of a table.
     *
     * @param indices (B) int64, the columns
     */
    public LevelBatch select(Tensor indices) {
        return new LevelBatch(rows.indexSelect(1, indices), shape);
    }
}
