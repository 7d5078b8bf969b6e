package dev.gradus.diffusion.chart;

/**
 * An axis of a {@link Chart}.
 *
 * @param title what is measured, with its unit
 * @param logarithmic whether equal steps are equal factors; values that are not above 0 are then left out
 * @param fromZero whether a vertical axis that is not logarithmic begins at 0
 */
public record Axis(String title, boolean logarithmic, boolean fromZero) {
    /** Over the range of the values. */
    public static Axis linear(String title) {
        return new Axis(title, false, false);
    }

    /** From 0, for values that are not below. */
    public static Axis fromZero(String title) {
        return new Axis(title, false, true);
    }

    public static Axis logarithmic(String title) {
        return new Axis(title, true, false);
    }

    /** Whether a value has a place on the axis. */
    boolean shows(double value) {
        return Double.isFinite(value) && (!logarithmic || value > 0);
    }
}
