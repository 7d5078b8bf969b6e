package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * What libtorch warns of, for the logger {@code dev.gradus.torch} instead of the standard error. The shim keeps it until
 * the call is over, whose thread then hands it on. Without a warning that costs a look at one number.
 */
final class Warnings {

    private static final MemorySegment WAITING = waiting();

    /** Where they go; tests listen here. */
    static volatile Consumer<String> receiver =
            text -> System.getLogger("dev.gradus.torch").log(System.Logger.Level.WARNING, text);

    private Warnings() {}

    @SuppressWarnings("restricted")
    private static MemorySegment waiting() {
        return GradusTorch.gt_waiting_warnings().reinterpret(JAVA_INT.byteSize());
    }

    /** From now on, those of this thread. */
    static void collect() {
        GradusTorch.gt_collect_warnings();
    }

    /** Whether there are any. */
    static boolean areWaiting() {
        return WAITING.get(JAVA_INT, 0) != 0;
    }

    /**
     * Hands on as many as there are now. What the logger throws is dropped: the call that the warning is of has its
     * results.
     */
    static void log() {
        for (int left = WAITING.get(JAVA_INT, 0); left > 0; left--) {
            String text = Strings.of(GradusTorch.gt_next_warning());
            if (text == null) {
                return; // another thread took it
            }
            try {
                receiver.accept(text);
            } catch (Throwable _) {
                // as said above
            }
        }
    }
}
