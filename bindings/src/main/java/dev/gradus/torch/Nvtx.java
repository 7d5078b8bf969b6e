package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ranges and marks that NVIDIA's profilers (Nsight) show. Without CUDA they do nothing, so that they can stay in a
 * program; the first one logs a line that says so, at level INFO of the logger {@code dev.gradus.torch}.
 */
public final class Nvtx {

    private static final AtomicBoolean TOLD = new AtomicBoolean();

    private Nvtx() {}

    /**
     * A range of this thread, from now until the guard is closed. Ranges nest.
     *
     * @throws IllegalStateException in a virtual thread
     */
    public static Guard range(String name) {
        Guard.requirePlatformThread();
        if (!isAvailable()) {
            return new Guard(() -> {});
        }
        try (Arena arena = Arena.ofConfined()) {
            Tensor.check(GradusTorch.gt_nvtx_push(arena.allocateFrom(name)));
        }
        return new Guard(() -> Tensor.check(GradusTorch.gt_nvtx_pop()));
    }

    /** A point in time. */
    public static void mark(String name) {
        if (isAvailable()) {
            try (Arena arena = Arena.ofConfined()) {
                Tensor.check(GradusTorch.gt_nvtx_mark(arena.allocateFrom(name)));
            }
        }
    }

    private static boolean isAvailable() {
        boolean available = Cuda.isAvailable();
        if (!available && TOLD.compareAndSet(false, true)) {
            System.getLogger("dev.gradus.torch")
                    .log(System.Logger.Level.INFO, "NVTX ranges do nothing: there is no CUDA device to profile");
        }
        return available;
    }
}
