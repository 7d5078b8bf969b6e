package dev.gradus.diffusion.data;

import dev.gradus.diffusion.config.DataConfig;
import dev.gradus.diffusion.data.image.Pixels;
import dev.gradus.diffusion.data.image.Resampler;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Images of any size, brought to one: see {@link Resampler}. */
final class ResizedImages implements ImageDataset {
    private final RawImages raw;
    private final int channels;
    private final int size;
    private final Resampler resampler;

    ResizedImages(RawImages raw, int channels, int size, DataConfig.Resize kernel) {
        this.raw = raw;
        this.channels = channels;
        this.size = size;
        this.resampler = new Resampler(kernel);
    }

    RawImages raw() {
        return raw;
    }

    @Override
    public long size() {
        return raw.size();
    }

    @Override
    public int channels() {
        return channels;
    }

    @Override
    public int height() {
        return size;
    }

    @Override
    public int width() {
        return size;
    }

    /** As {@link #decodeBytes}, with an exception that can be listed. */
    void read(long index, MemorySegment target) throws BrokenImageException {
        if (!raw.copy(index, channels, size, target)) {
            Pixels image = raw.pixels(index);
            // Grey before it is scaled costs a third.
            Pixels fewer = image.channels() > channels ? image.withChannels(channels) : image;
            Planes.write(resampler.square(fewer, size).withChannels(channels), target);
        }
    }

    @Override
    public void decodeBytes(long index, MemorySegment target) {
        try {
            read(index, target);
        } catch (BrokenImageException e) {
            throw new UncheckedIOException(
                    new DataException(e.getMessage() + "; repair or remove the image, or set data.broken to skip", e));
        }
    }

    @Override
    public boolean storesBytes() {
        return true;
    }

    @Override
    public void decode(long index, MemorySegment target) {
        Bytes.decode(this, index, target);
    }

    @Override
    public int label(long index) {
        return raw.label(index);
    }

    @Override
    public boolean labelled() {
        return raw.labelled();
    }

    @Override
    public List<String> classes() {
        return raw.classes();
    }

    @Override
    public String caption(long index) {
        return raw.caption(index);
    }

    @Override
    public boolean captioned() {
        return raw.captioned();
    }
}
