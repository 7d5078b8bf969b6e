package dev.gradus.torch.bench;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** What the numbers are held to. */
final class Goals {
    /** A Tensor: its header and fields, rounded up to 8 bytes. */
    private static final double TENSOR_BYTES = 32;
    /** What JMH itself allocates, spread over the calls of an iteration; less than the smallest object. */
    private static final double NOISE_BYTES = 8;

    private final Results results;
    private final List<Case> cases;
    private boolean allKept = true;

    private Goals(Results results, List<Case> cases) {
        this.results = results;
        this.cases = cases;
    }

    /** Prints a line a goal; what a peer does not have cannot be missed. Answers whether all were kept. */
    static boolean print(Results results, List<Case> cases) {
        Goals goals = new Goals(results, cases);
        goals.judge();
        return goals.allKept;
    }

    private void judge() {
        List<Case> typed = cases.stream().filter(row -> row.typed).toList();
        goal(
                "typed call: at most 20 ns (or, in longer ones, 2 %) above C++",
                typed, row -> {
                    double cpp = time(Compare.CPP, row);
                    return (time(Compare.GRADUS, row) - cpp) / Math.max(20, 0.02 * cpp);
                });
        goal("add: at most 1.06 of C++", List.of(Case.ADD), row -> ratio(row, Compare.CPP) / 1.06);
        goal(
                "typed call: at most one Tensor of garbage (32 B)",
                typed,
                row -> results.garbage(Compare.GRADUS, row) / (TENSOR_BYTES + NOISE_BYTES));
        goal(
                "boxed call: at most 2 of the typed one",
                List.of(Case.BOXED),
                row -> time(Compare.GRADUS, row) / time(Compare.GRADUS, Case.ADD) / 2);
        goal("perceptron: at most 1.05 of C++", List.of(Case.PERCEPTRON), row -> ratio(row, Compare.CPP) / 1.05);
        goal("perceptron: at most 0.7 of Python", List.of(Case.PERCEPTRON), row -> ratio(row, Compare.PYTHON) / 0.7);
        for (String peer : List.of("bytedeco", "DJL")) {
            goal("ahead of " + peer + " on every line", cases, row -> ratio(row, peer));
        }
    }

    private double time(String peer, Case row) {
        return results.nanoseconds(peer, row);
    }

    private double ratio(Case row, String peer) {
        return time(Compare.GRADUS, row) / time(peer, row);
    }

    /** A goal is kept in a row when what is used of the allowance is at most 1. */
    private void goal(String text, List<Case> rows, ToDoubleFunction<Case> used) {
        List<Case> measured = rows.stream()
                .filter(row -> !Double.isNaN(used.applyAsDouble(row)))
                .toList();
        List<String> missed = measured.stream()
                .filter(row -> used.applyAsDouble(row) > 1)
                .map(row -> row.label)
                .toList();
        allKept &= missed.isEmpty();
        String verdict = measured.isEmpty() ? "not measured" : missed.isEmpty() ? "kept" : "MISSED: " + missed;
        System.out.printf(Locale.ROOT, "%-64s %s%n", text, verdict);
    }
}
