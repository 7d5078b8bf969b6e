package dev.gradus.diffusion.model;

import dev.gradus.torch.nn.Module;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.SequencedMap;

/**
 * How many parameters a network has, and where.
 *
 * @param kind the name of its class
 * @param parts the parameters of each part, in order; the part is the beginning of their names
 */
public record Summary(String kind, SequencedMap<String, Long> parts) {
    /** Copies the parts. */
    public Summary {
        parts = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(parts));
    }

    /** What a module has. */
    public static Summary of(Module module) {
        SequencedMap<String, Long> parts = new LinkedHashMap<>();
        module.namedParameters()
                .forEach((name, parameter) -> parts.merge(name.split("\\.", 2)[0], parameter.numel(), Long::sum));
        return new Summary(module.getClass().getSimpleName(), parts);
    }

    /** All parameters. */
    public long total() {
        return parts.values().stream().mapToLong(Long::longValue).sum();
    }

    /** A line per part, and one for all, with thousands separated. */
    @Override
    public String toString() {
        int width = parts.keySet().stream().mapToInt(String::length).max().orElse(0);
        StringBuilder lines = new StringBuilder();
        parts.forEach((part, count) -> line(lines, width, part, count));
        line(lines, width, kind, total());
        return lines.toString();
    }

    private static void line(StringBuilder lines, int width, String name, long count) {
        String padded = name + " ".repeat(Math.max(0, width - name.length()));
        lines.append(String.format(Locale.ROOT, "%s %,13d%n", padded, count));
    }
}
