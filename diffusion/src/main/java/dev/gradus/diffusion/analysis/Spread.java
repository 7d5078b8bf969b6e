package dev.gradus.diffusion.analysis;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * A number over several seeds; those where it is NaN are left out.
 *
 * @param mean NaN where there is none
 * @param deviation the standard deviation of a sample; 0 for a single seed
 * @param least the smallest
 * @param most the largest
 * @param count how many seeds have it
 */
public record Spread(double mean, double deviation, double least, double most, int count) {
    /** The spread of these numbers. */
    public static Spread of(DoubleStream values) {
        double[] numbers = values.filter(value -> !Double.isNaN(value)).toArray();
        int count = numbers.length;
        double mean = Arrays.stream(numbers).average().orElse(Double.NaN);
        double squares =
                Arrays.stream(numbers).map(x -> (x - mean) * (x - mean)).sum();
        return new Spread(
                mean,
                count > 1 ? Math.sqrt(squares / (count - 1)) : 0,
                Arrays.stream(numbers).min().orElse(Double.NaN),
                Arrays.stream(numbers).max().orElse(Double.NaN),
                count);
    }
}
