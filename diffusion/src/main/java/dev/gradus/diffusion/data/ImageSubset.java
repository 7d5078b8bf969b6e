package dev.gradus.diffusion.data;

import java.lang.foreign.MemorySegment;

/**
 * Some images of a data set, one after the other.
 *
 * @param dataset where they come from
 * @param from the first one
 * @param to after the last one
 */
public record ImageSubset(ImageDataset dataset, long from, long to) implements ImageDataset {
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
    public int channels() {
        return dataset.channels();
    }

    @Override
    public int height() {
        return dataset.height();
    }

    @Override
    public int width() {
        return dataset.width();
    }

    @Override
    public void decode(long index, MemorySegment target) {
        dataset.decode(from + index, target);
    }

    @Override
    public int label(long index) {
        return dataset.label(from + index);
    }

    @Override
    public boolean labelled() {
        return dataset.labelled();
    }

    @Override
    public String caption(long index) {
        return dataset.caption(from + index);
    }

    @Override
    public boolean captioned() {
        return dataset.captioned();
    }
}
