package dev.gradus.diffusion.events;

/**
 * How often which values occur, in intervals of equal length from the least to the greatest.
 *
 * @param min the least value; 0 if there is none
 * @param max the greatest
 * @param count how many finite values there are
 * @param sum of them
 * @param squares the sum of their squares
 * @param limits the upper ends of the intervals, rising
 * @param counts how many values are in each
 */
public record Histogram(
        double min, double max, long count, double sum, double squares, double[] limits, double[] counts) {
    private static final int INTERVALS = 64;

    // The numbers of the fields of TensorFlow's message HistogramProto.
    private static final int MIN = 1;
    private static final int MAX = 2;
    private static final int NUM = 3;
    private static final int SUM = 4;
    private static final int SUM_SQUARES = 5;
    private static final int BUCKET_LIMIT = 6;
    private static final int BUCKET = 7;

    /** That of some values; those that are not finite are left out. */
    public static Histogram of(double[] values) {
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        long count = 0;
        double sum = 0;
        double squares = 0;
        for (double value : values) {
            if (Double.isFinite(value)) {
                min = Math.min(min, value);
                max = Math.max(max, value);
                count++;
                sum += value;
                squares += value * value;
            }
        }
        if (count == 0) {
            return new Histogram(0, 0, 0, 0, 0, new double[] {0}, new double[] {0});
        }
        int intervals = min == max ? 1 : INTERVALS;
        double width = (max - min) / intervals;
        double[] limits = new double[intervals];
        for (int i = 0; i < intervals; i++) {
            limits[i] = i == intervals - 1 ? max : min + (i + 1) * width;
        }
        double[] counts = new double[intervals];
        for (double value : values) {
            if (Double.isFinite(value)) {
                counts[min == max ? 0 : (int) Math.min(intervals - 1, (value - min) / width)]++;
            }
        }
        return new Histogram(min, max, count, sum, squares, limits, counts);
    }

    Message message() {
        return new Message()
                .number(MIN, min)
                .number(MAX, max)
                .number(NUM, count)
                .number(SUM, sum)
                .number(SUM_SQUARES, squares)
                .numbers(BUCKET_LIMIT, limits)
                .numbers(BUCKET, counts);
    }
}
