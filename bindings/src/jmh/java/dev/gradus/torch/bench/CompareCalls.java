package dev.gradus.torch.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs {@link Calls} in rounds, C++ and Java by turns so that both meet the same machine, and prints a table. A time is
 * that of the fastest iteration over all rounds: what else runs on the machine only ever adds to it. Ends with status 3
 * when Java is more than 30 ns behind C++, or makes more garbage than a Tensor.
 *
 * <p>Argument: the number of rounds (5).
 */
public final class CompareCalls {
    private static final double ALLOWED_NS = 30;
    /** A Tensor: its header, handle, owner and slot, rounded up to 8 bytes. */
    private static final double TENSOR_BYTES = 32;

    private static final List<String> CALLS =
            List.of("addCpp", "addJava", "dimCpp", "dimJava", "addHundredCpp", "addHundredJava");

    private CompareCalls() {}

    /** See the class. */
    public static void main(String[] args) throws RunnerException {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
        Map<String, List<Double>> times = new TreeMap<>();
        Map<String, List<Double>> garbage = new TreeMap<>();
        for (int round = 1; round <= rounds; round++) {
            for (String name : CALLS) {
                RunResult result = run(name);
                double time = result.getPrimaryResult().getStatistics().getMin();
                double bytes = result.getSecondaryResults().entrySet().stream()
                        .filter(e -> e.getKey().endsWith("gc.alloc.rate.norm"))
                        .mapToDouble(e -> e.getValue().getScore())
                        .findFirst()
                        .orElse(Double.NaN);
                times.computeIfAbsent(name, _ -> new ArrayList<>()).add(time);
                garbage.computeIfAbsent(name, _ -> new ArrayList<>()).add(bytes);
                System.out.printf(Locale.ROOT, "round %d of %d  %-16s %8.1f ns%n", round, rounds, name, time);
            }
        }
        boolean good = true;
        System.out.printf(
                "%n%-28s %10s %10s %10s %12s%n",
                "call (fastest iteration)", "C++ ns", "Java ns", "Java - C++", "garbage B");
        good &= line("add + free", times.get("addCpp"), times.get("addJava"), garbage.get("addJava"), TENSOR_BYTES);
        good &= line("dim", times.get("dimCpp"), times.get("dimJava"), garbage.get("dimJava"), 0);
        // For information: the scope itself and its list, shared by a hundred sums, come on top here.
        line(
                "add, freed by the hundred",
                times.get("addHundredCpp"),
                times.get("addHundredJava"),
                garbage.get("addHundredJava"),
                2 * TENSOR_BYTES);
        System.out.printf(
                "%nallowed: %.0f ns above C++, and no garbage but the Tensor (%.0f B): %s%n",
                ALLOWED_NS, TENSOR_BYTES, good ? "kept" : "MISSED");
        System.exit(good ? 0 : 3);
    }

    private static RunResult run(String name) throws RunnerException {
        return new Runner(new OptionsBuilder()
                        .include(Calls.class.getName() + "\\." + name + "$")
                        .forks(1)
                        .warmupIterations(3)
                        .warmupTime(TimeValue.milliseconds(600))
                        .measurementIterations(12)
                        .measurementTime(TimeValue.milliseconds(200))
                        .addProfiler(GCProfiler.class)
                        .jvmArgsAppend(jvmArguments().toArray(String[]::new))
                        .verbosity(VerboseMode.SILENT)
                        .build())
                .runSingle();
    }

    private static List<String> jvmArguments() {
        List<String> arguments = new ArrayList<>();
        arguments.add("--enable-native-access=ALL-UNNAMED");
        arguments.add("-Dgradus.bench=" + System.getProperty("gradus.bench"));
        if (Runtime.version().feature() >= 23) {
            arguments.add("--sun-misc-unsafe-memory-access=allow"); // JMH calls it, and Java warns of that
        }
        return arguments;
    }

    private static boolean line(
            String call, List<Double> cpp, List<Double> java, List<Double> garbage, double allowedBytes) {
        double difference = least(java) - least(cpp);
        double bytes = least(garbage);
        System.out.printf(
                Locale.ROOT, "%-28s %10.1f %10.1f %10.1f %12.1f%n", call, least(cpp), least(java), difference, bytes);
        return difference <= ALLOWED_NS && bytes <= allowedBytes + 0.5;
    }

    private static double least(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    }
}
