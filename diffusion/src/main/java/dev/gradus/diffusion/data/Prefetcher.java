package dev.gradus.diffusion.data;

import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Decodes batches ahead on background threads into a ring of reused off-heap buffers. Batches come in order and do not
 * depend on the number of threads: thread and buffer are chosen by the number of the batch, its contents by
 * {@link ImageOrder}.
 */
final class Prefetcher implements AutoCloseable {
    /** How many batches may be taken and not released yet: one that is copied to a device, and the next. */
    static final int MOST_TAKEN = 2;

    /**
     * A decoded batch. Valid until it is released.
     *
     * @param images (B, C, H, W), uint8 if the data set stores bytes, else float32
     * @param labels (B) int64
     * @param drawn (3, B) int64, for {@link Augmentation}
     * @param captions (B)
     */
    record Buffer(Part images, Part labels, Part drawn, String[] captions) {
        private void close() {
            images.tensor.close();
            labels.tensor.close();
            drawn.tensor.close();
        }
    }

    /** A tensor on the CPU and the memory that it lies in. */
    record Part(Tensor tensor, MemorySegment memory) {
        private static Part of(Arena arena, boolean pinned, DType dtype, long... shape) {
            try (TensorScope scope = TensorScope.open()) {
                Tensor made = Torch.empty(TensorOptions.of(dtype).device(Device.cpu()), shape);
                Tensor kept = scope.keep(pinned ? made.pinMemory() : made);
                return new Part(kept, kept.data(arena));
            }
        }
    }

    private final ImageDataset dataset;
    private final ImageOrder order;
    private final Augmentation augmentation;
    private final boolean bytes;
    private final long imageBytes;
    private final long seed;
    private final Share share;
    private final int batchSize;
    private final long start;
    private final Arena arena = Arena.ofShared();
    private final Buffer[] ring;
    private final List<Thread> threads = new ArrayList<>();

    // All below are guarded by this.
    private final boolean[] ready;
    private long claimed;
    private long taken;
    private long released;
    private Throwable failure;
    private boolean closed;

    /**
     * @param share the part of each batch that is decoded
     * @param start the position of the first image of the first whole batch
     * @param pinned whether the buffers lie in page-locked memory, which needs CUDA
     */
    Prefetcher(
            ImageDataset dataset,
            Share share,
            long seed,
            long start,
            int workers,
            Augmentation augmentation,
            boolean pinned) {
        this.dataset = dataset;
        this.order = new ImageOrder(dataset.size(), seed);
        this.augmentation = augmentation;
        this.seed = seed;
        this.share = share;
        this.batchSize = share.count();
        this.start = start;
        this.bytes = dataset.storesBytes();
        this.ring = new Buffer[workers + MOST_TAKEN];
        this.ready = new boolean[ring.length];
        long[] shape = {batchSize, dataset.channels(), dataset.height(), dataset.width()};
        this.imageBytes = (bytes ? 1L : 4L) * shape[1] * shape[2] * shape[3];
        for (int i = 0; i < ring.length; i++) {
            ring[i] = new Buffer(
                    Part.of(arena, pinned, bytes ? DType.UINT8 : DType.FLOAT32, shape),
                    Part.of(arena, pinned, DType.INT64, batchSize),
                    Part.of(arena, pinned, DType.INT64, Augmentation.NUMBERS, batchSize),
                    new String[batchSize]);
        }
        for (int i = 0; i < workers; i++) {
            threads.add(Thread.ofPlatform().daemon().name("gradus-loader-" + i).start(this::work));
        }
    }

    private void work() {
        try {
            for (long batch = claim(); batch >= 0; batch = claim()) {
                decode(batch);
                finish(batch);
            }
        } catch (InterruptedException e) {
            // Closed while waiting: nothing is left to do.
        } catch (Throwable e) {
            fail(e);
        }
    }

    /** The number of the next batch to decode, once its buffer is free; -1 when closed. */
    private synchronized long claim() throws InterruptedException {
        long batch = claimed++;
        while (!closed && batch >= released + ring.length) {
            wait();
        }
        return closed || failure != null ? -1 : batch;
    }

    private void decode(long batch) {
        Buffer buffer = ring[(int) (batch % ring.length)];
        long position = start + batch * share.of() + share.from();
        for (int i = 0; i < batchSize; i++) {
            long image = order.at(position + i);
            MemorySegment target = buffer.images.memory.asSlice(i * imageBytes, imageBytes);
            if (bytes) {
                dataset.decodeBytes(image, target);
            } else {
                dataset.decode(image, target);
            }
            buffer.labels.memory.setAtIndex(ValueLayout.JAVA_LONG, i, dataset.label(image));
            for (int which = 0; which < Augmentation.NUMBERS; which++) {
                buffer.drawn.memory.setAtIndex(
                        ValueLayout.JAVA_LONG,
                        (long) which * batchSize + i,
                        augmentation.draw(seed, position + i, which));
            }
            buffer.captions[i] = dataset.caption(image);
        }
    }

    private synchronized void finish(long batch) {
        ready[(int) (batch % ring.length)] = true;
        notifyAll();
    }

    private synchronized void fail(Throwable e) {
        failure = e;
        notifyAll();
    }

    /**
     * Waits for the next batch. At most {@link #MOST_TAKEN} may be taken and not released.
     *
     * @throws DataException if a thread failed to decode
     */
    synchronized Buffer take() throws DataException {
        if (taken - released >= MOST_TAKEN) {
            throw new IllegalStateException("the batches taken before have not been released");
        }
        int slot = (int) (taken % ring.length);
        if (closed) {
            throw new IllegalStateException("the loader is closed");
        }
        while (!ready[slot]) {
            if (failure != null) {
                throw failure instanceof UncheckedIOException broken && broken.getCause() instanceof DataException data
                        ? new DataException(data.getMessage(), failure)
                        : new DataException("training images cannot be decoded: " + failure, failure);
            }
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new DataException("interrupted while waiting for training images", e);
            }
        }
        taken++;
        return ring[slot];
    }

    /** Gives the buffer of the first batch that was taken and not released back to the ring. */
    synchronized void release() {
        if (taken == released) {
            throw new IllegalStateException("no batch is taken");
        }
        ready[(int) (released % ring.length)] = false;
        released++;
        notifyAll();
    }

    /** Ends the threads and frees the buffers. Closing again does nothing. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            notifyAll();
        }
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (true) {
                try {
                    thread.join();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        for (Buffer buffer : ring) {
            buffer.close();
        }
        arena.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
