package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Finds tensors that nobody closes. With the system property {@code gradus.leaks=true} every shared tensor remembers
 * where it was made; {@link #live} lists those that are open, and one that the garbage collector had to free is
 * logged with that place, as a warning of the logger {@code dev.gradus.torch}. Confined tensors end with their scope and
 * are not watched.
 */
public final class Leaks {

    private static final boolean WATCHING = Boolean.getBoolean("gradus.leaks");
    private static final Set<Watched> LIVE = ConcurrentHashMap.newKeySet();

    /**
     * A tensor that is open.
     *
     * @param description its shape, dtype and device when it became shared
     * @param thread the thread that made it
     * @param origin the stack where it became shared
     */
    public record Live(String description, String thread, List<StackTraceElement> origin) {
        @Override
        public String toString() {
            StringBuilder text = new StringBuilder(description + ", made by thread '" + thread + "'");
            origin.forEach(frame -> text.append("\n    at ").append(frame));
            return text.toString();
        }
    }

    private Leaks() {}

    /** Whether tensors are watched. */
    public static boolean isWatching() {
        return WATCHING;
    }

    /** The shared tensors that are open now; empty if tensors are not watched. */
    public static List<Live> live() {
        return LIVE.stream().map(Watched::live).toList();
    }

    /** What frees a shared tensor: at its close, or by the garbage collector. */
    static Runnable freeing(long address) {
        return WATCHING ? new Watched(address) : new Free(address);
    }

    private record Free(long address) implements Runnable {
        @Override
        public void run() {
            GradusTorch.gt_free(address);
        }
    }

    private static final class Watched implements Runnable {
        private final long address;
        private final Live live;

        Watched(long address) {
            this.address = address;
            Thread thread = Thread.currentThread();
            List<StackTraceElement> origin = StackWalker.getInstance()
                    .walk(frames -> frames.map(StackWalker.StackFrame::toStackTraceElement)
                            .dropWhile(frame -> frame.getClassName().startsWith("dev.gradus.torch."))
                            .toList());
            this.live = new Live(Getters.describe(address), thread.getName(), origin);
            LIVE.add(this);
        }

        Live live() {
            return live;
        }

        @Override
        public void run() {
            LIVE.remove(this);
            GradusTorch.gt_free(address);
            if (NativeHandle.isCollecting()) {
                System.getLogger("dev.gradus.torch").log(System.Logger.Level.WARNING, "never closed: " + live);
            }
        }
    }
}
