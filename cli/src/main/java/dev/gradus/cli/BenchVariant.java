package dev.gradus.cli;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A way of doing the same training step.
 *
 * @param java whether here, else in Python
 * @param bf16 whether the network runs under bfloat16 autocast, else in float32
 * @param channelsLast whether images lie with their channels side by side
 * @param fused whether by fused kernels
 * @param compiled whether by torch.compile
 */
record BenchVariant(boolean java, boolean bf16, boolean channelsLast, boolean fused, boolean compiled) {
    static List<BenchVariant> ofJava() {
        return List.of(
                new BenchVariant(true, true, true, true, false), new BenchVariant(true, false, true, true, false));
    }

    static List<BenchVariant> ofPython(boolean compiled) {
        Stream<BenchVariant> eager = Stream.of(true, false)
                .flatMap(bf16 -> Stream.of(false, true).map(last -> new BenchVariant(false, bf16, last, false, false)));
        Stream<BenchVariant> more =
                compiled ? Stream.of(new BenchVariant(false, true, false, false, true)) : Stream.empty();
        return Stream.concat(eager, more).toList();
    }

    /** The one of this name. */
    static BenchVariant ofJava(String name) {
        return ofJava().stream()
                .filter(variant -> variant.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new UsageException("--one: there is no " + name));
    }

    /** Such as {@code bf16-channels-last-fused}. */
    String name() {
        return (bf16 ? "bf16" : "fp32")
                + (channelsLast ? "-channels-last" : "")
                + (fused ? "-fused" : "")
                + (compiled ? "-compiled" : "");
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s %s", java ? "Java" : "Python", name());
    }
}
