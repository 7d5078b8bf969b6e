package dev.gradus.diffusion.data;

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
    /** A decoded batch: images float32 (B, C, H, W), labels int64 (B), and captions (B). Valid until it is released. */
    record Buffer(MemorySegment images, MemorySegment labels, String[] captions) {}

    private final ImageDataset dataset;
    private final ImageOrder order;
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

    /** @param start the position of the first image of the first batch */
    Prefetcher(ImageDataset dataset, int batchSize, long seed, long start, int workers) {
        this.dataset = dataset;
        this.order = new ImageOrder(dataset.size(), seed);
        this.batchSize = batchSize;
        this.start = start;
        this.ring = new Buffer[workers + 2];
        this.ready = new boolean[ring.length];
        long imageBytes = 4L * dataset.channels() * dataset.height() * dataset.width();
        for (int i = 0; i < ring.length; i++) {
            ring[i] = new Buffer(
                    arena.allocate(batchSize * imageBytes, 64),
                    arena.allocate(batchSize * 8L, 64),
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
        long imageBytes = buffer.images().byteSize() / batchSize;
        long position = start + batch * batchSize;
        for (int i = 0; i < batchSize; i++) {
            long image = order.at(position + i);
            dataset.decode(image, buffer.images().asSlice(i * imageBytes, imageBytes));
            buffer.labels().setAtIndex(ValueLayout.JAVA_LONG, i, dataset.label(image));
            buffer.captions()[i] = dataset.caption(image);
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
     * Waits for the next batch. Release it before the next call.
     *
     * @throws DataException if a thread failed to decode
     */
    synchronized Buffer take() throws DataException {
        if (taken != released) {
            throw new IllegalStateException("the batch taken before has not been released");
        }
        int slot = (int) (taken % ring.length);
        if (closed) {
            throw new IllegalStateException("the loader is closed");
        }
        while (!ready[slot]) {
            if (failure != null) {
                throw new DataException("training images cannot be decoded: " + failure, failure);
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

    /** Gives the buffer of the batch taken last back to the ring. */
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
        arena.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
