package dev.gradus.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.torch.NativeLibrary;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Collects what the processes measured, and holds Java against Python. */
final class BenchComparison {
    /** Of outcomes in float32 and in bfloat16, whose kernels round at different places. */
    private static final double SAME_FP32 = 1e-4;

    private static final double SAME_BF16 = 2e-3;

    /** On a GPU, in TF32 or bfloat16, and after more than a hundred steps, in which small differences grow. */
    private static final double SAME_ON_GPU = 2e-2;

    private final BenchTask task;
    private final String config;
    private final int batch;
    private final int threads;
    private final String place;
    private final Map<BenchVariant, Measured> measured = new LinkedHashMap<>();

    /** Operations in a second of a large bfloat16 product on a GPU, and of a step; 0 for not known. */
    private double matrixFlops;

    private double stepFlops;

    /** @param place what it was measured on, for the head of the table */
    BenchComparison(BenchTask task, String config, int batch, int threads, String place) {
        this.place = place;
        this.task = task;
        this.config = config;
        this.batch = batch;
        this.threads = threads;
    }

    /** Of all rounds of a variant. */
    private static final class Measured {
        final List<Double> milliseconds = new ArrayList<>();
        double firstSeconds;
        double outcome;
        long peakMib;
        String failure;
        /** The share of the time in which a GPU computed something; NaN on the CPU, or unknown. */
        double busy = Double.NaN;

        double at(double share) {
            double[] sorted = milliseconds.stream()
                    .mapToDouble(Double::doubleValue)
                    .sorted()
                    .toArray();
            double place = share * (sorted.length - 1);
            int below = (int) place;
            double rest = place - below;
            return rest == 0 ? sorted[below] : sorted[below] * (1 - rest) + sorted[below + 1] * rest;
        }

        double median() {
            return at(0.5);
        }
    }

    /** Adds a round. */
    void add(BenchVariant variant, JsonNode line) {
        Measured all = measured.computeIfAbsent(variant, _ -> new Measured());
        line.get("ms").forEach(ms -> all.milliseconds.add(ms.doubleValue()));
        all.firstSeconds = line.get("first_step_s").doubleValue();
        all.outcome = line.get("loss").doubleValue();
        if (line.hasNonNull("busy")) {
            all.busy = line.get("busy").doubleValue();
        }
        matrixFlops = Math.max(matrixFlops, line.path("matrix_flops").doubleValue());
        stepFlops = Math.max(stepFlops, line.path("step_flops").doubleValue());
        all.peakMib = Math.max(all.peakMib, line.get("peak_mib").longValue());
    }

    /** Takes note that a variant cannot run. */
    void fail(BenchVariant variant, String why) {
        measured.computeIfAbsent(variant, _ -> new Measured()).failure = why;
    }

    boolean failed(BenchVariant variant) {
        return measured.containsKey(variant) && measured.get(variant).failure != null;
    }

    /** What the log says of a variant after a round. */
    String last(BenchVariant variant) {
        return failed(variant)
                ? variant + " cannot run: " + measured.get(variant).failure
                : String.format(
                        Locale.ROOT,
                        "%s %.1f ms a %s",
                        variant,
                        measured.get(variant).median(),
                        task.unit());
    }

    private Optional<Measured> best(Predicate<BenchVariant> of) {
        return measured.entrySet().stream()
                .filter(entry -> of.test(entry.getKey()) && entry.getValue().failure == null)
                .map(Map.Entry::getValue)
                .min((a, b) -> Double.compare(a.median(), b.median()));
    }

    /** The median of the best of all that were added. */
    double bestMilliseconds() {
        return best(_ -> true).orElseThrow().median();
    }

    private Optional<Measured> bestPython() {
        return best(variant -> !variant.java());
    }

    /** The best of Java by the best of Python; empty without Python. */
    private Optional<Double> ratio() {
        return bestPython().map(python -> best(BenchVariant::java).orElseThrow().median() / python.median());
    }

    /** Whether Java and eager Python come to the same in each precision. */
    boolean outcomesAgree() {
        boolean gpu = measured.keySet().stream().anyMatch(BenchVariant::graph);
        return worst(false) <= (gpu ? SAME_ON_GPU : SAME_FP32) && worst(true) <= (gpu ? SAME_ON_GPU : SAME_BF16);
    }

    /**
     * The greatest relative difference between the outcomes of a precision, of Java and of Python as it is at first. Compiled, it
     * trains otherwise; in channels-last it draws the noise of colour images in another order.
     */
    private double worst(boolean bf16) {
        List<Double> outcomes = measured.entrySet().stream()
                .filter(entry -> entry.getKey().bf16() == bf16
                        && (entry.getKey().java()
                                || !entry.getKey().compiled() && !entry.getKey().channelsLast())
                        && entry.getValue().failure == null)
                .map(entry -> entry.getValue().outcome)
                .toList();
        double least = outcomes.stream().mapToDouble(Double::doubleValue).min().orElse(1);
        double most = outcomes.stream().mapToDouble(Double::doubleValue).max().orElse(1);
        return Double.isFinite(least) && Double.isFinite(most) ? (most - least) / Math.abs(least) : 1;
    }

    void print(PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "%s, batch %d, %s, libtorch %s%n%n",
                config,
                batch,
                place,
                NativeLibrary.info().libtorchVersion());
        out.printf(
                "%-34s %10s %15s %9s %9s %7s %10s%n",
                "", "ms a " + task.unit(), "10 % to 90 %", "images/s", "peak MiB", "ratio", task.outcome());
        Optional<Measured> python = bestPython();
        measured.forEach((variant, all) -> {
            if (all.failure != null) {
                out.printf("%-34s cannot run: %s%n", variant, all.failure);
                return;
            }
            out.printf(
                    Locale.ROOT,
                    "%-34s %10.1f %7.1f %7.1f %9.1f %9d %7s %10.6f%n",
                    variant,
                    all.median(),
                    all.at(0.1),
                    all.at(0.9),
                    batch / all.median() * 1e3,
                    all.peakMib,
                    python.map(p -> String.format(Locale.ROOT, "%.3f", all.median() / p.median()))
                            .orElse("-"),
                    all.outcome);
        });
        printGpu(out);
        ratio().ifPresent(ratio -> {
            out.printf(Locale.ROOT, "%nJava / best Python: %.3f of the time", ratio);
            double memory = (double) best(BenchVariant::java).orElseThrow().peakMib / python.orElseThrow().peakMib;
            out.printf(Locale.ROOT, ", %.2f of the memory%n", memory);
            out.printf(
                    Locale.ROOT,
                    "%s: within %.1e in float32, %.1e in bfloat16: %s%n",
                    task.outcome(),
                    worst(false),
                    worst(true),
                    outcomesAgree() ? "the same but for rounding" : "THEY DIFFER, so something else was computed");
        });
        out.flush();
    }

    /** How a GPU was used, and the two kinds of Python apart, whose goals are others. */
    private void printGpu(PrintWriter out) {
        Optional<Measured> java = best(BenchVariant::graph).filter(all -> Double.isFinite(all.busy));
        if (java.isEmpty()) {
            return;
        }
        out.printf(Locale.ROOT, "%nthe GPU is busy %.1f %% of the time", 100 * java.get().busy);
        matrixShare()
                .ifPresent(share -> out.printf(
                        Locale.ROOT,
                        "; %.1f %% of the %.0f TFLOP/s of a large bfloat16 product",
                        100 * share,
                        matrixFlops / 1e12));
        out.println();
        for (boolean compiled : new boolean[] {false, true}) {
            best(variant -> !variant.java() && variant.compiled() == compiled)
                    .ifPresent(python -> out.printf(
                            Locale.ROOT,
                            "%nJava / best Python, %s: %.3f of the time",
                            compiled ? "compiled" : "eager",
                            java.get().median() / python.median()));
        }
    }

    /** The operations of a step of the best of Java by what a GPU could do in its time; empty where either is not known. */
    private Optional<Double> matrixShare() {
        return best(BenchVariant::java)
                .filter(_ -> matrixFlops > 0 && stepFlops > 0)
                .map(java -> stepFlops / (java.median() / 1e3) / matrixFlops);
    }

    ObjectNode toJson() {
        ObjectNode json = new ObjectMapper().createObjectNode();
        json.put("task", task.command())
                .put("config", config)
                .put("batch", batch)
                .put("threads", threads);
        json.put("libtorch", NativeLibrary.info().libtorchVersion());
        json.put("place", place);
        best(BenchVariant::graph)
                .filter(java -> Double.isFinite(java.busy))
                .ifPresent(java -> json.put("gpuBusy", java.busy));
        if (matrixFlops > 0) {
            json.put("matrixFlops", matrixFlops);
        }
        matrixShare().ifPresent(share -> json.put("matrixShare", share));
        json.put("javaMs", best(BenchVariant::java).orElseThrow().median());
        ObjectNode python = json.putObject("pythonMs");
        ObjectNode variants = json.putObject("variants");
        measured.forEach((variant, all) -> {
            ObjectNode entry = variants.putObject(variant.toString());
            if (all.failure != null) {
                entry.put("failure", all.failure);
                return;
            }
            if (!variant.java()) {
                python.put(variant.name(), all.median());
            }
            entry.put("medianMs", all.median()).put("firstStepSeconds", all.firstSeconds);
            entry.put("peakMib", all.peakMib).put(task.outcome(), all.outcome);
            all.milliseconds.forEach(entry.putArray("ms")::add);
        });
        ratio().ifPresentOrElse(ratio -> json.put("ratio", ratio), () -> json.putNull("ratio"));
        json.put("outcomesAgree", outcomesAgree());
        return json;
    }
}
