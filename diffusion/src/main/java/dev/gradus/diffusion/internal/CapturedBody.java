package dev.gradus.diffusion.internal;

import dev.gradus.torch.Cuda;
import dev.gradus.torch.CudaGraph;
import dev.gradus.torch.CudaStream;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Guard;
import dev.gradus.torch.TensorScope;
import java.util.List;
import java.util.function.Consumer;

/**
 * A body that is run again and again: as it is, or on a GPU, after some runs, by replaying what was captured of it as a CUDA graph.
 * It reads its input from tensors that stay, and leaves its results in such. All runs do the same: capturing itself runs nothing
 * and draws nothing. A body that cannot be captured goes on as it is.
 */
public final class CapturedBody implements AutoCloseable {
    /** Records what a body does on the device without doing it. */
    @FunctionalInterface
    public interface Recorder {
        /**
         * Records.
         *
         * @throws RuntimeException if that is not possible
         */
        Recording record(Runnable body);
    }

    /** What was recorded. */
    public interface Recording extends AutoCloseable {
        /** Does it. */
        void replay();

        @Override
        void close();
    }

    private final Runnable body;
    private final int warmup;
    private final Consumer<RuntimeException> failed;
    private Recorder recorder; // null where the body runs as it is
    private Recording recording;
    private int warm;

    /**
     * A body that was not run yet.
     *
     * @param recorder null to run it as it is
     * @param warmup runs before it is captured, in which libraries set themselves up and choose their algorithms
     * @param failed told, once, why it cannot be captured; may throw to end it
     */
    public CapturedBody(Runnable body, Recorder recorder, int warmup, Consumer<RuntimeException> failed) {
        this.body = body;
        this.recorder = recorder;
        this.warmup = warmup;
        this.failed = failed;
    }

    /** Captures in the current stream of a GPU, which must not be the default one; see {@link #stream}. */
    public static Recorder onGpu(Device device, Generator... drawnFrom) {
        return body -> {
            CudaGraph graph = CudaGraph.capture(
                    new CudaGraph.Options(
                            null,
                            CudaStream.current(index(device)),
                            // Another thread may copy checkpoints meanwhile.
                            CudaGraph.Mode.THREAD_LOCAL,
                            List.of(drawnFrom)),
                    body);
            return new Recording() {
                @Override
                public void replay() {
                    graph.replay();
                }

                @Override
                public void close() {
                    graph.close();
                }
            };
        };
    }

    private static int index(Device device) {
        return device.index() < 0 ? Cuda.currentDevice() : device.index();
    }

    /** A stream of its own for all that this thread does on a GPU while it is open. */
    public static final class Stream implements AutoCloseable {
        private final CudaStream stream; // null on the CPU
        private final Guard guard;

        private Stream(CudaStream stream, Guard guard) {
            this.stream = stream;
            this.guard = guard;
        }

        /** Waits until all is done, so that memory may go back to other streams. */
        @Override
        public void close() {
            if (stream != null) {
                guard.close();
                stream.synchronize();
            }
        }
    }

    /** A stream of its own, after all that was begun before; nothing on the CPU. */
    public static Stream stream(Device device) {
        if (!device.isCuda()) {
            return new Stream(null, null);
        }
        CudaStream stream = CudaStream.create(index(device));
        stream.waitFor(CudaStream.current(index(device)));
        return new Stream(stream, stream.use());
    }

    /** Runs the body; on a GPU it is only begun. */
    public void run() {
        if (recorder == null || recording == null && warm++ < warmup || recording == null && !tryToRecord()) {
            body.run();
        } else {
            recording.replay();
        }
    }

    private boolean tryToRecord() {
        try {
            recording = recorder.record(() -> {
                // What the body does not leave behind is freed within the recording, for its later parts to use.
                try (var _ = TensorScope.open()) {
                    body.run();
                }
            });
            return true;
        } catch (RuntimeException e) {
            recorder = null;
            failed.accept(e);
            return false;
        }
    }

    /** Drops what was captured: the tensors or the body are not what they were. */
    public void forget() {
        warm = 0;
        if (recording != null) {
            recording.close();
            recording = null;
        }
    }

    @Override
    public void close() {
        forget();
    }
}
