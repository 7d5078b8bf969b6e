package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;

/**
 * Work on a CUDA device, captured once and replayed as one launch: for steps whose many small kernels cost more to
 * launch than to run.
 *
 * <pre>{@code
 * Tensor x = Torch.zeros(TensorOptions.of(Device.cuda()), 32, 64);   // static input
 * for (int i = 0; i < 3; i++) step(x).close();                       // let libraries set themselves up
 * try (CudaGraph graph = CudaGraph.capture(() -> y = step(x))) {     // runs nothing, records
 *     x.copy_(batch);                                                // new data into the same memory
 *     graph.replay();                                                // y holds the new result
 * }
 * }</pre>
 *
 * <p>A replay reads and writes the memory that the capture saw: inputs are changed in place, results are the tensors
 * made in the body, overwritten by each replay. What is captured must not depend on values on the device (no
 * {@code item()}, no shapes that follow from data) nor wait for it. Results made in the body belong to the graph's pool
 * of memory; using one after the graph, and all others of the pool, are closed reads memory that may hold other
 * data.
 *
 * <p>Random numbers in the body come from the device's default generator, or from others that {@link Options#generators}
 * names. Each replay draws new ones, and leaves the generators as running the body would have.
 *
 * <p>Capturing and replaying are not for two threads at once with the same graph or pool.
 */
public final class CudaGraph extends NativeHandle {

    /** What other threads may do while one captures. */
    public enum Mode {
        /** Nothing that could disturb it, such as taking memory from the device. */
        GLOBAL,
        /** Anything; the capturing thread alone is watched. */
        THREAD_LOCAL,
        /** Anything, as may the capturing thread. */
        RELAXED
    }

    /**
     * Memory that graphs may share. Graphs of one pool must be replayed in the order they were captured in, since one
     * may use again what the one before it has freed.
     *
     * @param first libtorch's own number
     * @param second libtorch's own number
     */
    public record Pool(long first, long second) {

        private static final Pool OWN = new Pool(0, 0);

        /** A new one. */
        public static Pool create() {
            MemorySegment out = ThreadContext.current().longs(2);
            Tensor.check(GradusTorch.gt_cuda_pool_new(out, out.asSlice(8)));
            return read(out);
        }

        private static Pool read(MemorySegment out) {
            return new Pool(out.getAtIndex(JAVA_LONG, 0), out.getAtIndex(JAVA_LONG, 1));
        }
    }

    /**
     * How to capture.
     *
     * @param pool the memory to use; null for a pool of its own
     * @param stream the stream to capture in, not a default one; null for a new one of the current device
     * @param mode what other threads may do meanwhile
     * @param generators that the body draws from, besides the default one of the device
     */
    public record Options(Pool pool, CudaStream stream, Mode mode, List<Generator> generators) {

        /** A pool of its own, a new stream, and nothing disturbing from other threads. */
        public static final Options DEFAULT = new Options(null, null, Mode.GLOBAL, List.of());

        /** Checks that there is a mode, and copies the list. */
        public Options {
            Objects.requireNonNull(mode, "mode");
            generators = List.copyOf(generators);
        }

        /** With memory shared with other graphs. */
        public Options pool(Pool newPool) {
            return new Options(newPool, stream, mode, generators);
        }

        /** In this stream. */
        public Options stream(CudaStream newStream) {
            return new Options(pool, newStream, mode, generators);
        }

        /** With other things allowed to other threads. */
        public Options mode(Mode newMode) {
            return new Options(pool, stream, newMode, generators);
        }

        /** With generators that the body draws from. */
        public Options generators(Generator... drawnFrom) {
            return new Options(pool, stream, mode, List.of(drawnFrom));
        }
    }

    private CudaGraph(long address) {
        super(address);
        share(() -> GradusTorch.gt_cuda_graph_free(address));
    }

    /** Captures with {@link Options#DEFAULT}. */
    public static CudaGraph capture(Runnable body) {
        return capture(Options.DEFAULT, body);
    }

    /**
     * Captures what the body puts on the device; it is recorded, not run. The body runs on this thread, with the
     * capture's stream as the current one. Where the body throws, the capture is ended and dropped, and the exception goes
     * on to the caller.
     *
     * @throws TorchException if something in the body cannot be captured
     * @throws IllegalStateException in a virtual thread
     */
    public static CudaGraph capture(Options options, Runnable body) {
        Objects.requireNonNull(body, "body");
        Guard.requirePlatformThread();
        Cuda.requireAvailable();
        CudaStream stream = options.stream == null ? CudaStream.create(Cuda.currentDevice()) : options.stream;
        // As torch.cuda.graph does: nothing is under way, and cached memory does not count for the pool.
        Cuda.synchronize(stream.device());
        Cuda.emptyCache();
        CudaGraph graph = create();
        try (Guard _ = stream.use()) {
            graph.record(options, body);
        }
        return graph;
    }

    private void record(Options options, Runnable body) {
        Pool pool = options.pool == null ? Pool.OWN : options.pool;
        try {
            for (Generator generator : options.generators) {
                Tensor.check(GradusTorch.gt_cuda_graph_register_generator(pin(), generator.handle()));
            }
            Tensor.check(GradusTorch.gt_cuda_graph_begin(pin(), pool.first, pool.second, options.mode.ordinal()));
            body.run();
            Tensor.check(GradusTorch.gt_cuda_graph_end(pin()));
        } catch (RuntimeException | Error e) {
            discard(e);
            throw e;
        }
    }

    private static CudaGraph create() {
        long address = GradusTorch.gt_cuda_graph_new();
        if (address == 0) {
            throw TorchException.last();
        }
        return new CudaGraph(address);
    }

    /** Ends a capture that failed, while its stream is still the current one. What goes wrong at that is told beside the reason, not instead of it. */
    private void discard(Throwable reason) {
        try {
            Tensor.check(GradusTorch.gt_cuda_graph_reset(pin()));
        } catch (RuntimeException e) {
            reason.addSuppressed(e);
        } finally {
            close();
        }
    }

    @Override
    String closedMessage() {
        return "the CUDA graph is closed";
    }

    /** Runs what was captured, in the current stream; this thread does not wait for it. */
    public void replay() {
        Tensor.check(GradusTorch.gt_cuda_graph_replay(pin()));
    }

    /** The memory it uses, for other graphs to share. */
    public Pool pool() {
        MemorySegment out = ThreadContext.current().longs(2);
        Tensor.check(GradusTorch.gt_cuda_graph_pool(pin(), out, out.asSlice(8)));
        return Pool.read(out);
    }

    /** Frees it and, where no other graph shares it, its memory. Closing twice is harmless. */
    @Override
    public void close() {
        closeShared();
    }
}
