package dev.gradus.diffusion.curriculum;

/**
 * The timesteps from {@code from} (included) to {@code to} (excluded).
 *
 * @param from the lowest timestep, at least 0
 * @param to one more than the highest timestep, greater than {@code from}
 */
public record TimestepRange(int from, int to) {
    public TimestepRange {
        if (from < 0 || to <= from) {
            throw new IllegalArgumentException("no timesteps in [" + from + ", " + to + ")");
        }
    }

    /** How many timesteps there are. */
    public int size() {
        return to - from;
    }

    /** The lowest timestep. */
    public int min() {
        return from;
    }

    /** The highest timestep. */
    public int max() {
        return to - 1;
    }
}
