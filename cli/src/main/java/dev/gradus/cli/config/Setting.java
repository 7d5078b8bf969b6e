package dev.gradus.cli.config;

/**
 * One key set to one value.
 *
 * @param key dotted, as in {@code optimizer.lr}
 * @param value as written
 * @param origin where it was written, for messages: {@code "my.yaml, line 3"}, {@code "--set"}, {@code "--steps"}
 */
public record Setting(String key, Value value, String origin) {
    /** A setting made by an option of the command line. */
    public static Setting option(String option, String key, Object value) {
        return new Setting(key, new Value.Scalar(String.valueOf(value), true), option);
    }
}
