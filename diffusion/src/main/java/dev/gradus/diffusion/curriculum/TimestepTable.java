package dev.gradus.diffusion.curriculum;

/**
 * Times with their probabilities, for draws on a device: the time of a uniform u in [0, 1) is the first whose cumulative
 * probability is above u. That of a discrete schedule has all its timesteps, and the draw is exact. That of a continuous one has
 * the middles of {@link #CELLS} cells of equal probability, and the draw is exact but for the place within a cell.
 *
 * @param times in order
 * @param cumulative up to and with each time; the last is 1
 */
public record TimestepTable(double[] times, double[] cumulative) {
    /** How finely a continuous schedule is cut. */
    public static final int CELLS = 1 << 16;
}
