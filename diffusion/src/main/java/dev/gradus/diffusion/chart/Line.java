package dev.gradus.diffusion.chart;

import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A line of a {@link Chart}, perhaps with a band around it.
 *
 * @param name for the legend
 * @param x positions
 * @param y values; those that are not finite are left out
 * @param low the lower edge of the band; null: no band
 * @param high the upper edge of the band; null: no band
 */
record Line(String name, double[] x, double[] y, double[] low, double[] high) {
    Line {
        if (y.length != x.length || (low != null && (low.length != x.length || high.length != x.length))) {
            throw new IllegalArgumentException("line '" + name
                    + "': positions, values and band must be of one length, the positions are " + x.length);
        }
        x = x.clone();
        y = y.clone();
        low = low == null ? null : low.clone();
        high = high == null ? null : high.clone();
    }

    /** The points that have a place on the axes. */
    Line shown(Axis horizontal, Axis vertical) {
        int[] kept = IntStream.range(0, x.length)
                .filter(i -> horizontal.shows(x[i]) && vertical.shows(y[i]))
                .toArray();
        if (low == null) {
            return new Line(name, pick(x, kept), pick(y, kept), null, null);
        }
        double[] bottom = pick(low, kept);
        double[] top = pick(high, kept);
        double[] middle = pick(y, kept);
        for (int i = 0; i < kept.length; i++) {
            // An edge without a place: where it is below a logarithmic axis, as far down as the line is up; else on the
            // line.
            boolean below = vertical.logarithmic() && bottom[i] <= 0 && vertical.shows(top[i]);
            bottom[i] = below ? middle[i] * middle[i] / top[i] : vertical.shows(bottom[i]) ? bottom[i] : middle[i];
            top[i] = vertical.shows(top[i]) ? top[i] : middle[i];
        }
        return new Line(name, pick(x, kept), middle, bottom, top);
    }

    /** The line with other values, edges of the band included. */
    Line map(DoubleUnaryOperator function) {
        return new Line(name, x, map(y, function), map(low, function), map(high, function));
    }

    private static double[] map(double[] values, DoubleUnaryOperator function) {
        return values == null ? null : DoubleStream.of(values).map(function).toArray();
    }

    /** All values, edges of the band included. */
    DoubleStream values() {
        return low == null ? DoubleStream.of(y) : Stream.of(y, low, high).flatMapToDouble(DoubleStream::of);
    }

    private static double[] pick(double[] values, int[] indices) {
        return IntStream.of(indices).mapToDouble(i -> values[i]).toArray();
    }

    boolean hasBand() {
        return low != null && x.length > 1;
    }
}
