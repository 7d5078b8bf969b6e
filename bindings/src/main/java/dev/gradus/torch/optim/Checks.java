package dev.gradus.torch.optim;

/** Ranges of options; the messages name the option and the value. */
final class Checks {
    private Checks() {}

    static void that(boolean condition, String rule, Object value) {
        if (!condition) {
            throw new IllegalArgumentException(rule + ", is " + value);
        }
    }

    static void notNegative(String name, double value) {
        that(value >= 0 && value < Double.POSITIVE_INFINITY, name + " must be at least 0 and finite", value);
    }

    static void positive(String name, double value) {
        that(value > 0 && value < Double.POSITIVE_INFINITY, name + " must be greater than 0 and finite", value);
    }

    /** How much of an average is kept from step to step. */
    static void decay(String name, double value) {
        that(value >= 0 && value < 1, name + " must be at least 0 and below 1", value);
    }

    static void atLeast(String name, long value, long least) {
        that(value >= least, name + " must be at least " + least, value);
    }
}
