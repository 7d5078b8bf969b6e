package dev.gradus.diffusion.data;

import java.lang.foreign.MemorySegment;

/** Images with another number of channels: see {@link dev.gradus.diffusion.data.image.Pixels#withChannels}. */
record RecolouredImages(ImageDataset dataset, int channels) implements ImageView {
    @Override
    public long size() {
        return dataset.size();
    }

    @Override
    public long at(long index) {
        return index;
    }

    @Override
    public boolean storesBytes() {
        return true;
    }

    @Override
    public void decodeBytes(long index, MemorySegment target) {
        byte[] stored = new byte[dataset.channels() * height() * width()];
        dataset.decodeBytes(index, MemorySegment.ofArray(stored));
        Planes.write(
                Planes.interleave(MemorySegment.ofArray(stored), dataset.channels(), height(), width())
                        .withChannels(channels),
                target);
    }

    @Override
    public void decode(long index, MemorySegment target) {
        Bytes.decode(this, index, target);
    }
}
