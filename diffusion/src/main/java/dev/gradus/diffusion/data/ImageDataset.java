package dev.gradus.diffusion.data;

import java.lang.foreign.MemorySegment;

/** Images of one size, decoded one at a time from any thread. */
public interface ImageDataset {
    /** How many images there are. */
    long size();

    int channels();

    int height();

    int width();

    /**
     * Writes image {@code index} as float32 in [-1, 1], in the order (C, H, W).
     *
     * @param target at least {@code channels * height * width * 4} bytes
     */
    void decode(long index, MemorySegment target);

    /** The class of image {@code index}; 0 where there are no labels. */
    int label(long index);

    /** Whether {@link #label} tells classes apart. */
    default boolean labelled() {
        return false;
    }

    /** What image {@code index} shows, in words; empty where there are no captions. */
    default String caption(long index) {
        return "";
    }

    /** Whether {@link #caption} says something. */
    default boolean captioned() {
        return false;
    }
}
