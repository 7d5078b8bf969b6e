package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.ffi.GradusTorch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** What a {@link Profiler} recorded. */
public final class Profile extends NativeHandle {

    /** Kinds of events. */
    public enum Kind {
        /** An operator, or a kernel on a device. */
        OPERATOR,
        /** A range of the user. */
        RANGE,
        /** Anything else, such as memory that was allocated. */
        OTHER
    }

    /**
     * Something that took time.
     *
     * @param name such as {@code aten::add}
     * @param kind of event
     * @param onDevice whether it ran on a device, not on the CPU
     * @param thread the number of the thread, of no meaning but to tell threads apart
     * @param start nanoseconds since some moment
     * @param duration nanoseconds
     * @param bytes allocated (or freed, below 0), where the event is that; else 0
     * @param flops an estimate, if it was asked for; else 0
     */
    public record Event(
            String name, Kind kind, boolean onDevice, long thread, long start, long duration, long bytes, long flops) {

        long end() {
            return start + duration;
        }
    }

    Profile(long address) {
        super(address);
        share(() -> GradusTorch.gt_profile_free(address));
    }

    @Override
    String closedMessage() {
        return "the profile is closed";
    }

    /**
     * Writes it as a Chrome trace, a JSON file that chrome://tracing and Perfetto open.
     *
     * @throws UncheckedIOException if the file cannot be written
     */
    public void save(Path file) {
        try {
            // libtorch only logs a file that it can't write; so what it writes to is known to be writable.
            Path temporary = Files.createTempFile(file.toAbsolutePath().getParent(), "trace", ".json");
            try (Arena arena = Arena.ofConfined()) {
                Tensor.check(GradusTorch.gt_profile_save(pin(), arena.allocateFrom(temporary.toString())));
                if (Files.size(temporary) == 0) {
                    throw new IOException("libtorch wrote no trace; is the disk full?");
                }
                Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the trace " + file + " could not be written: " + e, e);
        }
    }

    /** All that was recorded, in no particular order. */
    public List<Event> events() {
        long count = GradusTorch.gt_profile_event_count(pin());
        List<Event> events = new ArrayList<>(Math.toIntExact(count));
        MemorySegment out = ThreadContext.current().longs(GradusTorch.GT_EVENT_FIELDS());
        for (long i = 0; i < count; i++) {
            if (GradusTorch.gt_profile_event(address, i, out) != 0) {
                throw ThreadContext.current().failure();
            }
            events.add(new Event(
                    Strings.of(GradusTorch.gt_profile_event_name(address, i)),
                    kind(out.getAtIndex(JAVA_LONG, GradusTorch.GT_EVENT_IS_RANGE())),
                    out.getAtIndex(JAVA_LONG, GradusTorch.GT_EVENT_DEVICE_TYPE()) != Device.Type.CPU.code(),
                    out.getAtIndex(JAVA_LONG, GradusTorch.GT_EVENT_THREAD()),
                    out.getAtIndex(JAVA_LONG, GradusTorch.GT_EVENT_START()),
                    out.getAtIndex(JAVA_LONG, GradusTorch.GT_EVENT_DURATION()),
                    out.getAtIndex(JAVA_LONG, GradusTorch.GT_EVENT_BYTES()),
                    out.getAtIndex(JAVA_LONG, GradusTorch.GT_EVENT_FLOPS())));
        }
        Tensor.done();
        return events;
    }

    private static Kind kind(long isRange) {
        return isRange == 0 ? Kind.OPERATOR : isRange == 1 ? Kind.RANGE : Kind.OTHER;
    }

    /** Operators and ranges by name: how often, and how long. */
    public ProfileTable averages() {
        return ProfileTable.of(events());
    }

    /** Frees it. Closing twice is harmless. */
    @Override
    public void close() {
        closeShared();
    }
}
