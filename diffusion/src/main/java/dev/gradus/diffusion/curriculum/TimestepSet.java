package dev.gradus.diffusion.curriculum;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * The times that a stage draws from.
 *
 * @param ranges at least one; sorted, with gaps between them
 */
public record TimestepSet(List<TimestepRange> ranges) {
    /** Sorts the ranges and joins those that touch or overlap. */
    public TimestepSet {
        ranges = joined(ranges);
    }

    private static List<TimestepRange> joined(Collection<TimestepRange> ranges) {
        if (ranges.isEmpty()) {
            throw new IllegalArgumentException("a stage needs at least 1 range of times");
        }
        List<TimestepRange> joined = new ArrayList<>();
        for (TimestepRange range : ranges.stream()
                .sorted(Comparator.comparingDouble(TimestepRange::from))
                .toList()) {
            if (!joined.isEmpty() && range.from() <= joined.getLast().to()) {
                TimestepRange last = joined.removeLast();
                joined.add(new TimestepRange(last.from(), Math.max(last.to(), range.to())));
            } else {
                joined.add(range);
            }
        }
        return List.copyOf(joined);
    }

    /** One range. */
    public static TimestepSet of(double from, double to) {
        return new TimestepSet(List.of(new TimestepRange(from, to)));
    }

    /** Where the lowest range begins. */
    public double from() {
        return ranges.getFirst().from();
    }

    /** Where the highest range ends. */
    public double to() {
        return ranges.getLast().to();
    }

    /** Whether a time is in one of the ranges. */
    public boolean contains(double t) {
        return ranges.stream().anyMatch(range -> t >= range.from() && t < range.to());
    }
}
