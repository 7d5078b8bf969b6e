package dev.gradus.cli;

import java.util.ArrayList;
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
 * @param graph whether captured as a CUDA graph
 * @param compile the mode of torch.compile; empty for none
 */
record BenchVariant(boolean java, boolean bf16, boolean channelsLast, boolean fused, boolean graph, String compile) {
    static List<BenchVariant> ofJava(boolean cuda) {
        return Stream.of(true, false)
                .map(bf16 -> new BenchVariant(true, bf16, true, true, cuda, ""))
                .toList();
    }

    /** @param compiled whether those of torch.compile too */
    static List<BenchVariant> ofPython(boolean cuda, boolean compiled) {
        List<BenchVariant> variants = new ArrayList<>();
        for (boolean bf16 : new boolean[] {true, false}) {
            for (boolean last : new boolean[] {false, true}) {
                variants.add(new BenchVariant(false, bf16, last, false, false, ""));
            }
        }
        if (compiled && cuda) {
            for (String mode : List.of("default", "reduce-overhead", "max-autotune")) {
                variants.add(new BenchVariant(false, true, true, false, false, mode));
            }
        } else if (compiled) {
            variants.add(new BenchVariant(false, false, false, false, false, "default"));
            variants.add(new BenchVariant(false, true, false, false, false, "default"));
        }
        return variants;
    }

    /** The one of this name. */
    static BenchVariant ofJava(boolean cuda, String name) {
        return ofJava(cuda).stream()
                .filter(variant -> variant.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new UsageException("--one: there is no " + name));
    }

    boolean compiled() {
        return !compile.isEmpty();
    }

    /** Such as {@code bf16-channels-last-fused}. */
    String name() {
        return (bf16 ? "bf16" : "fp32")
                + (channelsLast ? "-channels-last" : "")
                + (fused ? "-fused" : "")
                + (graph ? "-graph" : "")
                + (compiled() ? "-compiled" : "")
                + (compiled() && !compile.equals("default") ? "-" + compile : "");
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s %s", java ? "Java" : "Python", name());
    }
}
