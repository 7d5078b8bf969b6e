package dev.gradus.diffusion.data;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** A data set made of images of another one. */
interface ImageView extends ImageDataset {
    /** Where the images come from. */
    ImageDataset dataset();

    /** Which image of {@link #dataset} image {@code index} is. */
    long at(long index);

    @Override
    default int channels() {
        return dataset().channels();
    }

    @Override
    default int height() {
        return dataset().height();
    }

    @Override
    default int width() {
        return dataset().width();
    }

    @Override
    default boolean storesBytes() {
        return dataset().storesBytes();
    }

    @Override
    default void decodeBytes(long index, MemorySegment target) {
        dataset().decodeBytes(at(index), target);
    }

    @Override
    default void decode(long index, MemorySegment target) {
        dataset().decode(at(index), target);
    }

    @Override
    default int label(long index) {
        return dataset().label(at(index));
    }

    @Override
    default boolean labelled() {
        return dataset().labelled();
    }

    @Override
    default List<String> classes() {
        return dataset().classes();
    }

    @Override
    default String caption(long index) {
        return dataset().caption(at(index));
    }

    @Override
    default boolean captioned() {
        return dataset().captioned();
    }
}
