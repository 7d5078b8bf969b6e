package dev.gradus.diffusion.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.StringJoiner;

/** A table with a row of names, written as comma-separated values. Numbers are as Java writes them; NaN is empty. */
public final class Csv {
    private final StringBuilder text = new StringBuilder();

    public Csv(String... names) {
        row((Object[]) names);
    }

    /** Adds a row of numbers, and words without commas. */
    public Csv row(Object... values) {
        StringJoiner line = new StringJoiner(",", "", "\n");
        for (Object value : values) {
            line.add(value instanceof Double number && number.isNaN() ? "" : String.valueOf(value));
        }
        text.append(line);
        return this;
    }

    public void write(Path file) throws IOException {
        AtomicFiles.file(file, target -> Files.writeString(target, text));
    }
}
