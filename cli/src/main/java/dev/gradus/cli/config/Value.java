package dev.gradus.cli.config;

import java.util.List;
import java.util.stream.Collectors;

/** What a setting was set to, as written; the type that it stands for is decided by the key. */
public sealed interface Value {
    /** One word. Quoted words are always text; a bare {@code null}, {@code ~} or nothing is no value. */
    record Scalar(String text, boolean quoted) implements Value {
        /** Whether this stands for "no value". */
        public boolean isNull() {
            return !quoted && (text.isEmpty() || text.equals("~") || text.equals("null"));
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** A list of words. */
    record Sequence(List<Scalar> items) implements Value {
        public Sequence {
            items = List.copyOf(items);
        }

        @Override
        public String toString() {
            return items.stream().map(Scalar::toString).collect(Collectors.joining(", ", "[", "]"));
        }
    }
}
