package dev.gradus.torch.nn;

/** Checks of sizes that the layers share. */
final class Sizes {
    private Sizes() {}

    static int positive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, is " + value);
        }
        return value;
    }

    /** A copy of a shape. */
    static long[] positive(String name, long[] shape) {
        if (shape.length == 0) {
            throw new IllegalArgumentException(name + " needs at least one number");
        }
        for (long size : shape) {
            if (size < 1) {
                throw new IllegalArgumentException(name + " must be at least 1, is " + size);
            }
        }
        return shape.clone();
    }

    static void divisible(String name, int value, String divisorName, int divisor) {
        if (divisor < 1 || value % divisor != 0) {
            throw new IllegalArgumentException(
                    name + " (" + value + ") must be divisible by " + divisorName + " (" + divisor + ")");
        }
    }

    static void probability(double p) {
        if (!(p >= 0 && p <= 1)) {
            throw new IllegalArgumentException("the dropout probability must be in [0, 1], is " + p);
        }
    }

    /** As many sizes as there are dimensions. */
    static int[] exactly(String name, int[] values, int dims) {
        if (values.length != dims) {
            throw new IllegalArgumentException(name + " must have " + dims + " numbers, has " + values.length);
        }
        return values;
    }

    /** Sizes as native calls take them: one for all dimensions, or one for each. */
    static long[] list(String name, int[] values, int dims) {
        if (values.length != 1) {
            exactly(name, values, dims);
        }
        int least = name.equals("padding") ? 0 : 1;
        for (int value : values) {
            if (value < least) {
                throw new IllegalArgumentException(name + " must be at least " + least + ", is " + value);
            }
        }
        return java.util.Arrays.stream(values).asLongStream().toArray();
    }

    /** One size for each of {@code count} places, of which there may be one for all. */
    static long[] spread(long[] values, int count) {
        if (values.length != 1) {
            return values;
        }
        long[] all = new long[count];
        java.util.Arrays.fill(all, values[0]);
        return all;
    }
}
