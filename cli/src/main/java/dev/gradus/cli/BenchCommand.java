package dev.gradus.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Groups the measurements of speed. */
@Command(
        name = "bench",
        description = "Measure how fast this machine trains and draws, and check what it computes.",
        subcommands = {
            BenchTrainCommand.class,
            BenchSampleCommand.class,
            BenchSweepCommand.class,
            BenchCheckCommand.class
        })
final class BenchCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "what to measure is missing: "
                        + String.join(", ", spec.subcommands().keySet()));
    }
}
