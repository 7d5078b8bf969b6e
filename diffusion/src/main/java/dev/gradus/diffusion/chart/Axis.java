package dev.gradus.diffusion.chart;

/**
 * An axis of a {@link Chart}.
 *
 * @param title what is measured, with its unit
 * @param logarithmic whether equal steps are equal factors; values that are not above 0 are then left out
 */
public record Axis(String title, boolean logarithmic) {
    public static Axis linear(String title) {
        return new Axis(title, false);
    }

    public static Axis logarithmic(String title) {
        return new Axis(title, true);
    }

    /** Whether a value has a place on the axis. */
    boolean shows(double value) {
        return Double.isFinite(value) && (!logarithmic || value > 0);
    }
}
