package dev.gradus.diffusion.data;

/**
 * Some images of a data set, one after the other.
 *
 * @param dataset where they come from
 * @param from the first one
 * @param to after the last one
 */
public record ImageSubset(ImageDataset dataset, long from, long to) implements ImageView {
    public ImageSubset {
        if (!(0 <= from && from < to && to <= dataset.size())) {
            throw new IllegalArgumentException(
                    "images " + from + " to " + (to - 1) + " are not some of " + dataset.size());
        }
    }

    @Override
    public long size() {
        return to - from;
    }

    @Override
    public long at(long index) {
        return from + index;
    }
}
