package dev.gradus.diffusion.data;

import dev.gradus.torch.Cuda;
import dev.gradus.torch.CudaEvent;
import dev.gradus.torch.CudaStream;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Guard;
import dev.gradus.torch.Tensor;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;

/**
 * Training batches, decoded ahead on background threads. The order, flips and crops are pure functions of (seed, position), so
 * training resumes at any position and the number of threads changes nothing. Batches run on across the end of an epoch.
 *
 * <p>Bytes are copied to the device and become floats there. For a CUDA device they lie in page-locked memory, and are copied in a
 * stream of their own while the step before is computed; the current stream waits for the copy, and {@link #next} for the one
 * before the last.
 *
 * <p>One thread takes the batches. Close it to end the threads.
 */
public final class Loader implements AutoCloseable {
    private final Prefetcher prefetcher;
    private final Augmentation augmentation;
    private final Device device;
    private final Share share;
    private final Queue<CudaEvent> copies = new ArrayDeque<>();
    private final CudaStream copying; // null on the CPU

    private long position;
    private long waited;

    /** Without flips and crops. */
    public Loader(ImageDataset dataset, int batchSize, Device device, long seed, long position, int workers) {
        this(dataset, batchSize, device, seed, position, workers, Augmentation.NONE);
    }

    /** Of whole batches; see the other constructor. */
    public Loader(
            ImageDataset dataset,
            int batchSize,
            Device device,
            long seed,
            long position,
            int workers,
            Augmentation augmentation) {
        this(dataset, Share.all(batchSize), device, seed, position, workers, augmentation);
    }

    /**
     * @param share the part of each batch that is loaded; those of all processes together are the batches of one that loads alone
     * @param device where the batches are wanted
     * @param position images that all processes have seen before the first batch
     * @param workers threads that decode
     * @throws IllegalArgumentException if the images are too small to be mirrored by {@code augmentation}
     */
    public Loader(
            ImageDataset dataset,
            Share share,
            Device device,
            long seed,
            long position,
            int workers,
            Augmentation augmentation) {
        int side = Math.min(dataset.height(), dataset.width());
        if (augmentation.cropPadding() >= side) {
            throw new IllegalArgumentException(
                    "cropPadding must be below the size of the images, " + side + ", is " + augmentation.cropPadding());
        }
        this.prefetcher = new Prefetcher(dataset, share, seed, position, workers, augmentation, device.isCuda());
        this.augmentation = augmentation;
        this.device = device;
        this.copying = device.isCuda() ? CudaStream.create(index(device)) : null;
        this.share = share;
        this.position = position;
    }

    /**
     * The next batch; waits for it where it is not decoded yet.
     *
     * @throws DataException if an image cannot be decoded
     */
    public Batch next() throws DataException {
        long since = System.nanoTime();
        finishCopies(1);
        Prefetcher.Buffer buffer = prefetcher.take();
        waited += System.nanoTime() - since;
        try {
            Tensor images = buffer.images().tensor();
            Tensor labels = buffer.labels().tensor();
            Tensor drawn = buffer.drawn().tensor();
            if (device.isCuda()) {
                try (Guard _ = copying.use()) {
                    images = images.to(device, true);
                    labels = labels.to(device, true);
                    drawn = drawn.to(device, true);
                }
                CudaStream computing = CudaStream.current(index(device));
                computing.waitFor(copying);
                List.of(images, labels, drawn).forEach(computing::record);
            } else {
                labels = labels.clone();
            }
            if (!augmentation.isNone()) {
                images = augmentation.apply(images, drawn);
            }
            if (images == buffer.images().tensor() && images.dtype() == DType.FLOAT32) {
                images = images.clone();
            }
            return new Batch(floats(images), labels, List.of(buffer.captions()));
        } finally {
            position += share.of();
            copied();
        }
    }

    private static int index(Device device) {
        return device.index() < 0 ? Cuda.currentDevice() : device.index();
    }

    /** As {@link ImageDataset#decode} has them, bit for bit on the CPU. */
    private static Tensor floats(Tensor images) {
        return images.dtype() == DType.FLOAT32
                ? images
                : images.to(DType.FLOAT32).div_(127.5).sub_(1.0);
    }

    /** Gives the buffer back once its copy is over. */
    private void copied() {
        if (!device.isCuda()) {
            prefetcher.release();
            return;
        }
        CudaEvent event = CudaEvent.create();
        copies.add(event);
        event.record(copying);
    }

    private void finishCopies(int leave) {
        while (copies.size() > leave || (!copies.isEmpty() && copies.peek().isDone())) {
            try (CudaEvent event = copies.remove()) {
                event.synchronize();
            }
            prefetcher.release();
        }
    }

    /** Images taken since the start of the run, by all processes. */
    public long position() {
        return position;
    }

    /** Nanoseconds that {@link #next} has waited for data since the last call of this. */
    public long takeWaited() {
        long nanos = waited;
        waited = 0;
        return nanos;
    }

    @Override
    public void close() {
        finishCopies(0);
        prefetcher.close();
    }
}
