package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What libtorch's allocator has done on a CUDA device since the process started.
 *
 * @param device its index
 * @param allocated bytes held by tensors
 * @param active bytes held by tensors, and by freed ones that a stream still uses
 * @param requested bytes that were asked for, before rounding up
 * @param reserved bytes taken from the device
 * @param unreleasable bytes of free parts of blocks that are in use
 * @param allocations blocks in use
 * @param segments pieces of memory taken from the device
 * @param retries how often the cache had to be freed to go on
 * @param outOfMemory how often even that did not help
 */
public record CudaMemoryStats(
        int device,
        Counts allocated,
        Counts active,
        Counts requested,
        Counts reserved,
        Counts unreleasable,
        Counts allocations,
        Counts segments,
        long retries,
        long outOfMemory) {

    static final int NUMBERS = 4 * GradusTorch.GT_CUDA_MEMORY_ROWS() + 2;

    /**
     * One quantity over time.
     *
     * @param current now
     * @param peak at most, since the start or {@link Cuda#resetPeakMemory}
     * @param added in all
     * @param removed in all
     */
    public record Counts(long current, long peak, long added, long removed) {}

    /** Reads what gt_cuda_memory_stats writes. */
    static CudaMemoryStats of(int device, MemorySegment numbers) {
        List<Counts> rows = new ArrayList<>();
        for (int row = 0; row < GradusTorch.GT_CUDA_MEMORY_ROWS(); row++) {
            rows.add(new Counts(
                    numbers.getAtIndex(JAVA_LONG, 4 * row),
                    numbers.getAtIndex(JAVA_LONG, 4 * row + 1),
                    numbers.getAtIndex(JAVA_LONG, 4 * row + 2),
                    numbers.getAtIndex(JAVA_LONG, 4 * row + 3)));
        }
        return new CudaMemoryStats(
                device,
                rows.get(GradusTorch.GT_CUDA_ALLOCATED_BYTES()),
                rows.get(GradusTorch.GT_CUDA_ACTIVE_BYTES()),
                rows.get(GradusTorch.GT_CUDA_REQUESTED_BYTES()),
                rows.get(GradusTorch.GT_CUDA_RESERVED_BYTES()),
                rows.get(GradusTorch.GT_CUDA_UNRELEASABLE_BYTES()),
                rows.get(GradusTorch.GT_CUDA_ALLOCATIONS()),
                rows.get(GradusTorch.GT_CUDA_SEGMENTS()),
                numbers.getAtIndex(JAVA_LONG, NUMBERS - 2),
                numbers.getAtIndex(JAVA_LONG, NUMBERS - 1));
    }

    /** A table: current, peak, added and removed of each, bytes in MiB. */
    @Override
    public String toString() {
        StringBuilder table = new StringBuilder(String.format(
                Locale.ROOT,
                "Memory of cuda:%d (retries: %d, out of memory: %d)%n%-20s %12s %12s %14s %14s%n",
                device,
                retries,
                outOfMemory,
                "",
                "current",
                "peak",
                "added",
                "removed"));
        bytes(table, "allocated MiB", allocated);
        bytes(table, "active MiB", active);
        bytes(table, "requested MiB", requested);
        bytes(table, "reserved MiB", reserved);
        bytes(table, "unreleasable MiB", unreleasable);
        line(table, "allocations", "%d", allocations.current, allocations.peak, allocations.added, allocations.removed);
        line(table, "segments", "%d", segments.current, segments.peak, segments.added, segments.removed);
        return table.toString();
    }

    private static void bytes(StringBuilder table, String name, Counts counts) {
        line(table, name, "%.1f", mib(counts.current), mib(counts.peak), mib(counts.added), mib(counts.removed));
    }

    private static double mib(long bytes) {
        return bytes / 1048576.0;
    }

    private static void line(StringBuilder table, String name, String format, Object... numbers) {
        table.append(String.format(Locale.ROOT, "%-20s", name));
        for (int i = 0; i < numbers.length; i++) {
            table.append(String.format(
                    Locale.ROOT, i < 2 ? " %12s" : " %14s", String.format(Locale.ROOT, format, numbers[i])));
        }
        table.append(System.lineSeparator());
    }
}
