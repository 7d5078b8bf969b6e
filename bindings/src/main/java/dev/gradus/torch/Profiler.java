package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/**
 * Records which operators run when, on which thread and device, between {@link #start} and {@link #stop}.
 *
 * <pre>{@code
 * try (Profiler profiler = Profiler.start(Profiler.Options.DEFAULT.trace(Path.of("trace.json")))) {
 *     try (Guard _ = Profiler.range("forward")) {
 *         model.forward(x);
 *     }
 * }   // trace.json opens in chrome://tracing and in Perfetto
 * }</pre>
 *
 * <p>One profiler runs at a time in a process. It records the thread that started it, with the threads that compute
 * gradients for it, and those that {@link #attach} themselves; it is stopped by the thread that started it.
 */
public final class Profiler implements AutoCloseable {

    /**
     * What to record.
     *
     * @param shapes the shapes of operators' inputs
     * @param memory what is allocated and freed
     * @param stacks where in a TorchScript module an operator is called
     * @param flops an estimate of the floating-point operations of products and convolutions
     * @param cuda what runs on CUDA devices, too
     * @param trace the file that {@link #close} writes; null for none
     */
    public record Options(boolean shapes, boolean memory, boolean stacks, boolean flops, boolean cuda, Path trace) {

        /** Operators on the CPU, and their times. */
        public static final Options DEFAULT = new Options(false, false, false, false, false, null);

        /** With or without the shapes of inputs. */
        public Options shapes(boolean on) {
            return new Options(on, memory, stacks, flops, cuda, trace);
        }

        /** With or without what is allocated and freed. */
        public Options memory(boolean on) {
            return new Options(shapes, on, stacks, flops, cuda, trace);
        }

        /** With or without the calling lines of TorchScript modules. */
        public Options stacks(boolean on) {
            return new Options(shapes, memory, on, flops, cuda, trace);
        }

        /** With or without an estimate of floating-point operations; it needs the shapes, too. */
        public Options flops(boolean on) {
            return new Options(shapes || on, memory, stacks, on, cuda, trace);
        }

        /** With or without what runs on CUDA devices. */
        public Options cuda(boolean on) {
            return new Options(shapes, memory, stacks, flops, on, trace);
        }

        /** With a Chrome trace that is written at the end. */
        public Options trace(Path file) {
            return new Options(shapes, memory, stacks, flops, cuda, file);
        }

        private int bits() {
            return bit(shapes, GradusTorch.GT_PROFILE_SHAPES())
                    | bit(memory, GradusTorch.GT_PROFILE_MEMORY())
                    | bit(stacks, GradusTorch.GT_PROFILE_STACKS())
                    | bit(flops, GradusTorch.GT_PROFILE_FLOPS())
                    | bit(cuda, GradusTorch.GT_PROFILE_CUDA());
        }

        private static int bit(boolean on, int bit) {
            return on ? bit : 0;
        }
    }

    private final Options options;
    private volatile boolean stopped;

    private Profiler(Options options) {
        this.options = options;
    }

    /** Starts to record, with {@link Options#DEFAULT}. */
    public static Profiler start() {
        return start(Options.DEFAULT);
    }

    /**
     * Starts to record.
     *
     * @throws TorchException if a profiler runs already, or CUDA is asked for and missing
     * @throws IllegalStateException in a virtual thread
     */
    public static Profiler start(Options options) {
        Guard.requirePlatformThread();
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_profiler_start(options.bits()));
        return new Profiler(options);
    }

    /**
     * Records the calling thread, too, until the guard is closed, which must be before the profiler is stopped.
     *
     * @throws TorchException if it is recorded already, or the profiler was stopped
     * @throws IllegalStateException in a virtual thread
     */
    public Guard attach() {
        Guard.requirePlatformThread();
        Tensor.check(GradusTorch.gt_profiler_attach());
        return new Guard(() -> Tensor.check(GradusTorch.gt_profiler_detach()));
    }

    /**
     * Ends the recording. What was recorded is the caller's to close; no trace is written.
     *
     * @throws IllegalStateException if it was stopped before
     * @throws TorchException if another thread started it, or one is still attached after a second
     */
    public Profile stop() {
        if (stopped) {
            throw new IllegalStateException("this profiler was stopped before");
        }
        long profile = GradusTorch.gt_profiler_stop();
        if (profile == 0) {
            throw TorchException.last();
        }
        stopped = true;
        return new Profile(profile);
    }

    /**
     * Ends the recording, unless {@link #stop} did, and writes the trace if one was asked for.
     *
     * @throws java.io.UncheckedIOException if it cannot be written
     */
    @Override
    public void close() {
        if (stopped) {
            return;
        }
        try (Profile profile = stop()) {
            if (options.trace != null) {
                profile.save(options.trace);
            }
        }
    }

    /**
     * A range of this thread with a name, from now until the guard is closed, in what a profiler records. Where none
     * runs, it costs one call.
     *
     * @throws IllegalStateException in a virtual thread
     */
    public static Guard range(String name) {
        Guard.requirePlatformThread();
        NativeLibrary.require();
        long range;
        try (Arena arena = Arena.ofConfined()) {
            range = GradusTorch.gt_range_begin(arena.allocateFrom(name));
        }
        return new Guard(() -> GradusTorch.gt_range_end(range));
    }
}
