package dev.gradus.diffusion.data;

import java.lang.foreign.MemorySegment;
import java.util.List;

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
     * @throws java.io.UncheckedIOException around a {@link DataException} if the image is broken
     */
    void decode(long index, MemorySegment target);

    /** Whether {@link #decodeBytes} gives all there is, so that {@link #decode} follows from it. */
    default boolean storesBytes() {
        return false;
    }

    /**
     * Writes image {@code index} as bytes in the order (C, H, W), where 0 is -1 and 255 is 1; rounded to the nearest if not
     * {@link #storesBytes}.
     *
     * @param target at least {@code channels * height * width} bytes
     */
    default void decodeBytes(long index, MemorySegment target) {
        Bytes.round(this, index, target);
    }

    /** The class of image {@code index}; 0 where there are no labels. */
    default int label(long index) {
        return 0;
    }

    /** Whether {@link #label} tells classes apart. */
    default boolean labelled() {
        return false;
    }

    /** What the classes are called, in the order of the labels; empty where they have no names. */
    default List<String> classes() {
        return List.of();
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
