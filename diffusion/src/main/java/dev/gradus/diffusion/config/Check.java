package dev.gradus.diffusion.config;

import dev.gradus.diffusion.ConfigException;

/** The checks that the configuration records share. Every failure names the dotted key, the rule and the value. */
final class Check {
    private Check() {}

    static <T> T present(String key, T value) {
        if (value == null) {
            throw new ConfigException(key, "must be set");
        }
        return value;
    }

    static void range(String key, long value, long min, long max) {
        if (value < min || value > max) {
            String rule = max >= Integer.MAX_VALUE ? "must be at least " + min : "must be from " + min + " to " + max;
            throw new ConfigException(key, rule + ", is " + value);
        }
    }

    /** Finite and in [min, max]. */
    static void range(String key, double value, double min, double max) {
        if (!(value >= min && value <= max)) {
            throw new ConfigException(key, "must be from " + min + " to " + max + ", is " + value);
        }
    }

    /** Finite and in [min, max). */
    static void below(String key, double value, double min, double max) {
        if (!(value >= min && value < max)) {
            throw new ConfigException(key, "must be at least " + min + " and below " + max + ", is " + value);
        }
    }

    /** Finite and greater than 0. */
    static void positive(String key, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
            throw new ConfigException(key, "must be greater than 0 and finite, is " + value);
        }
    }

    /** Finite and at least 0. */
    static void notNegative(String key, double value) {
        if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
            throw new ConfigException(key, "must be at least 0 and finite, is " + value);
        }
    }
}
