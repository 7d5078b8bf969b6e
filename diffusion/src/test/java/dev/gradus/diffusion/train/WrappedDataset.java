package dev.gradus.diffusion.train;

import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.torch.Device;
import java.lang.foreign.MemorySegment;
import java.util.function.UnaryOperator;

/** Another data set, for a test to change something of it. */
class WrappedDataset implements ImageDataset {
    private final ImageDataset dataset;

    WrappedDataset(ImageDataset dataset) {
        this.dataset = dataset;
    }

    /** Makes a trainer train on a changed data set, and changes nothing else. */
    static TrainingProbe instead(UnaryOperator<ImageDataset> change) {
        return new TrainingProbe() {
            @Override
            public ImageDataset trainedOn(ImageDataset dataset) {
                return change.apply(dataset);
            }

            @Override
            public boolean isDue(long step) {
                return false;
            }

            @Override
            public void look(long step, BatchLoss loss, Device device) {}
        };
    }

    @Override
    public long size() {
        return dataset.size();
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
        dataset.decode(index, target);
    }

    @Override
    public int label(long index) {
        return dataset.label(index);
    }
}
