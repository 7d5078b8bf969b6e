package dev.gradus.diffusion.train;

import dev.gradus.diffusion.config.CheckpointConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Writes checkpoints, one at a time, on a thread of its own: the thread that trains waits only for the copy, and for the
 * checkpoint before where that is not written yet. A failure is thrown on the thread that trains, at its next call.
 */
final class CheckpointWriter implements AutoCloseable {
    private final RunFolder folder;
    private final CheckpointConfig config;
    private final TrainListener listener;
    private final StateSnapshot snapshot;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("gradus-checkpoint").factory());

    private Future<Path> pending; // null for none
    private long waited;

    /** @param snapshot taken over; null for one that writes nothing */
    CheckpointWriter(RunFolder folder, CheckpointConfig config, TrainListener listener, StateSnapshot snapshot) {
        this.folder = folder;
        this.config = config;
        this.listener = listener;
        this.snapshot = snapshot;
    }

    /**
     * Begins to write the state as it is now, or writes it where checkpoints are not written in the background.
     *
     * @param step steps done
     * @param checkpoint whether to write a checkpoint
     * @param averages whether to write a snapshot of the averages of power functions
     * @throws TrainingException if the weights of this checkpoint or the one before are not finite
     * @throws IOException if this checkpoint or the one before could not be written
     */
    void write(long step, boolean checkpoint, boolean averages) throws IOException {
        long since = System.nanoTime();
        await();
        Path target = checkpoint ? folder.checkpoint(step) : null;
        Path side = averages ? folder.snapshot(step) : null;
        if (isDue(step, checkpoint, averages)) {
            snapshot.take();
            pending = thread.submit(() -> write(target, side));
            if (!config.background()) {
                await();
            }
        }
        waited += System.nanoTime() - since;
    }

    /** Whether something of what is asked for is not there yet. */
    boolean isDue(long step, boolean checkpoint, boolean averages) {
        return (checkpoint && !Files.exists(folder.checkpoint(step)))
                || (averages && !Files.exists(folder.snapshot(step)));
    }

    /** Either may be null, or there already. */
    private Path write(Path target, Path averages) throws IOException {
        if (!snapshot.isFinite()) {
            throw TrainingException.diverged(
                    "a weight became infinite or not a number at step " + snapshot.step(), folder.newestCheckpoint());
        }
        if (averages != null && !Files.exists(averages)) {
            Files.createDirectories(averages.getParent());
            Checkpoints.write(averages, snapshot::writeAverages);
        }
        if (target == null || Files.exists(target)) {
            return null;
        }
        Checkpoints.write(target, snapshot::write);
        Checkpoints.prune(folder.checkpoints(), config);
        return target;
    }

    /** Takes note of a checkpoint that has been written; does not wait. */
    void poll() throws IOException {
        if (pending != null && pending.isDone()) {
            await();
        }
    }

    /** Waits until all is written. */
    void await() throws IOException {
        if (pending == null) {
            return;
        }
        Future<Path> written = pending;
        pending = null;
        try {
            Path target = written.get();
            if (target != null) {
                listener.checkpointWritten(RunFolder.stepOf(target), target);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a checkpoint was written", e);
        } catch (ExecutionException e) {
            throw failure(e.getCause());
        }
    }

    private static IOException failure(Throwable cause) {
        switch (cause) {
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case IOException e -> {
                return e;
            }
            default -> throw new IllegalStateException(cause);
        }
    }

    /** Nanoseconds that the thread that trains has waited in {@link #write(long, boolean, boolean)} since the last call of this. */
    long takeWaited() {
        long nanos = waited;
        waited = 0;
        return nanos;
    }

    /** Waits until all is written, and ends the thread. */
    @Override
    public void close() {
        thread.close();
        if (snapshot != null) {
            snapshot.close();
        }
    }
}
