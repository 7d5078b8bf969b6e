package dev.gradus.diffusion.data;

import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Torch;
import java.util.List;

/**
 * Training batches, decoded ahead on background threads. The order is a pure function of (seed, position), so training
 * resumes at any position and the number of threads changes nothing. Batches run on across the end of an epoch.
 *
 * <p>One thread takes the batches. Close it to end the threads.
 */
public final class Loader implements AutoCloseable {
    private final Prefetcher prefetcher;
    private final Device device;
    private final long[] imageShape;
    private final int batchSize;

    private long position;

    /**
     * @param device where the batches are wanted
     * @param position images seen before the first batch
     * @param workers threads that decode
     */
    public Loader(ImageDataset dataset, int batchSize, Device device, long seed, long position, int workers) {
        this.prefetcher = new Prefetcher(dataset, batchSize, seed, position, workers);
        this.device = device;
        this.imageShape = new long[] {batchSize, dataset.channels(), dataset.height(), dataset.width()};
        this.batchSize = batchSize;
        this.position = position;
    }

    /**
     * The next batch; waits for it where it is not decoded yet.
     *
     * @throws DataException if an image cannot be decoded
     */
    public Batch next() throws DataException {
        Prefetcher.Buffer buffer = prefetcher.take();
        try {
            return new Batch(
                    Torch.fromSegment(buffer.images(), DType.FLOAT32, imageShape)
                            .to(device),
                    Torch.fromSegment(buffer.labels(), DType.INT64, batchSize).to(device),
                    List.of(buffer.captions()));
        } finally {
            prefetcher.release();
            position += batchSize;
        }
    }

    /** Images taken since the start of the run. */
    public long position() {
        return position;
    }

    @Override
    public void close() {
        prefetcher.close();
    }
}
