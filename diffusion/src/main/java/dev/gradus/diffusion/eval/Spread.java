package dev.gradus.diffusion.eval;

import java.util.Arrays;

/** The mean of some values, and their standard deviation with the number of values as divisor. */
record Spread(double mean, double deviation) {
    static Spread of(double[] values) {
        double mean = Arrays.stream(values).average().orElseThrow();
        double squares = Arrays.stream(values)
                .map(value -> (value - mean) * (value - mean))
                .sum();
        return new Spread(mean, Math.sqrt(squares / values.length));
    }
}
