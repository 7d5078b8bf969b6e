package dev.gradus.torch;

import java.util.Objects;

/**
 * How tensors are printed, as {@code torch.set_printoptions}. Immutable; the methods with a parameter return a changed
 * copy.
 *
 * @param precision digits after the point
 * @param threshold a tensor of more elements is summarised
 * @param edgeItems what a summary shows at the beginning and at the end of each dimension
 * @param lineWidth characters in a line
 * @param sciMode whether numbers have exponents; null: where they differ by more than 1000 times, or are very large or
 *     very small
 */
public record PrintOptions(int precision, long threshold, int edgeItems, int lineWidth, Boolean sciMode) {

    /** 4 digits, 1000 elements, 3 at the edges, 80 characters. */
    public static final PrintOptions DEFAULT = new PrintOptions(4, 1000, 3, 80, null);

    /** 2 digits, 1000 elements, 2 at the edges, 80 characters. */
    public static final PrintOptions SHORT = new PrintOptions(2, 1000, 2, 80, null);

    /** 4 digits, all elements. */
    public static final PrintOptions FULL = new PrintOptions(4, Long.MAX_VALUE, 3, 80, null);

    private static volatile PrintOptions current = DEFAULT;

    /**
     * Checks that nothing is negative.
     *
     * @throws IllegalArgumentException if it is
     */
    public PrintOptions {
        if (precision < 0 || threshold < 0 || edgeItems < 0 || lineWidth < 0) {
            throw new IllegalArgumentException("precision, threshold, edgeItems and lineWidth must not be negative: "
                    + precision + ", " + threshold + ", " + edgeItems + ", " + lineWidth);
        }
    }

    /** What {@link Tensor#toString()} uses. */
    public static PrintOptions current() {
        return current;
    }

    /** Sets what {@link Tensor#toString()} uses, in all threads. */
    public static void setCurrent(PrintOptions options) {
        current = Objects.requireNonNull(options, "options");
    }

    /** With this many digits after the point. */
    public PrintOptions precision(int newPrecision) {
        return new PrintOptions(newPrecision, threshold, edgeItems, lineWidth, sciMode);
    }

    /** Summarised above this many elements. */
    public PrintOptions threshold(long newThreshold) {
        return new PrintOptions(precision, newThreshold, edgeItems, lineWidth, sciMode);
    }

    /** With this many elements at the edges. */
    public PrintOptions edgeItems(int newEdgeItems) {
        return new PrintOptions(precision, threshold, newEdgeItems, lineWidth, sciMode);
    }

    /** In lines of this width. */
    public PrintOptions lineWidth(int newLineWidth) {
        return new PrintOptions(precision, threshold, edgeItems, newLineWidth, sciMode);
    }

    /** With or without exponents; null: as the numbers need it. */
    public PrintOptions sciMode(Boolean newSciMode) {
        return new PrintOptions(precision, threshold, edgeItems, lineWidth, newSciMode);
    }
}
