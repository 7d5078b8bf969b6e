package dev.gradus.torch.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * A peer on the JVM, measured by JMH in a JVM of its own for each case, which gets the options that this one was
 * started with.
 *
 * @param cases its methods
 * @param missing what it cannot do
 */
record JvmPeer(String name, Class<? extends Cases> cases, Set<Case> missing) implements Peer {
    @Override
    public String version() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Probe.class.getName(), cases.getName()));
        return Processes.lastLine(command);
    }

    @Override
    public Optional<Measurement> measure(Case row) throws IOException {
        if (missing.contains(row)) {
            return Optional.empty();
        }
        Options options = new OptionsBuilder()
                .include("^" + cases.getName().replace(".", "\\.") + "\\." + row.key() + "$")
                .forks(1)
                .warmupIterations(3)
                .warmupTime(TimeValue.milliseconds(500))
                .measurementIterations(ITERATIONS)
                .measurementTime(TimeValue.milliseconds(ITERATION_MILLIS))
                .addProfiler(GCProfiler.class)
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .build();
        try {
            Collection<RunResult> results = new Runner(options).run();
            if (results.isEmpty()) {
                throw new IOException(name + " did not run " + row.key());
            }
            return Optional.of(measurement(results.iterator().next()));
        } catch (RunnerException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static Measurement measurement(RunResult result) {
        double garbage = result.getSecondaryResults().entrySet().stream()
                .filter(entry -> entry.getKey().endsWith("gc.alloc.rate.norm"))
                .mapToDouble(entry -> entry.getValue().getStatistics().getMin())
                .findFirst()
                .orElse(Double.NaN);
        return new Measurement(result.getPrimaryResult().getStatistics().getMin(), garbage);
    }

    /** Loads a peer in a JVM of its own, runs its simplest case, and prints the version of its libtorch. */
    static final class Probe {
        private Probe() {}

        /** Argument: the class of the cases. */
        public static void main(String[] args) {
            try {
                Cases cases =
                        (Cases) Class.forName(args[0]).getDeclaredConstructor().newInstance();
                cases.open();
                cases.addOnce();
                System.out.println(cases.version());
                System.exit(0);
            } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
                System.out.println(e);
                System.exit(1);
            }
        }
    }
}
