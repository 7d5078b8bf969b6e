package dev.gradus.diffusion.data;

import dev.gradus.diffusion.data.image.Pixels;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Images as they are stored: of any size each, grey or in colour. Any thread may read. */
interface RawImages extends AutoCloseable {
    long size();

    /** The path of image {@code index}, or file and place, for messages. */
    String path(long index);

    /**
     * Decodes image {@code index}.
     *
     * @throws BrokenImageException if it cannot be
     */
    Pixels pixels(long index) throws BrokenImageException;

    /**
     * Copies image {@code index} as (C, H, W) bytes, where that is how it is stored.
     *
     * @return whether it is; if not, nothing was written
     */
    default boolean copy(long index, int channels, int size, MemorySegment target) {
        return false;
    }

    /** 1 or 3 if all images are known to have it, else 0. */
    default int channels() {
        return 0;
    }

    /** As {@link ImageDataset#label}. */
    int label(long index);

    boolean labelled();

    /** What the classes are called, in the order of the labels; empty where they have no names. */
    List<String> classes();

    /** As {@link ImageDataset#caption}. */
    default String caption(long index) {
        return "";
    }

    default boolean captioned() {
        return false;
    }

    /** A text that is another one when the files are others, for work that is gone on with. */
    String identity();

    @Override
    default void close() {}
}
