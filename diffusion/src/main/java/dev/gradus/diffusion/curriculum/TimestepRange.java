package dev.gradus.diffusion.curriculum;

/**
 * The times from {@code from} (included) to {@code to} (excluded). On a discrete schedule both are whole, and the timesteps
 * are {@code from} to {@code to - 1}.
 *
 * @param from the lowest time, finite
 * @param to greater than {@code from}, finite
 */
public record TimestepRange(double from, double to) {
    public TimestepRange {
        if (!(from > Double.NEGATIVE_INFINITY && to > from && to < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("no times are in [" + from + ", " + to + ")");
        }
    }
}
