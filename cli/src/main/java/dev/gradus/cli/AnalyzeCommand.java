package dev.gradus.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Groups the studies of how hard the denoising tasks are. */
@Command(
        name = "analyze",
        description = "Measure how hard it is to denoise at each noise level.",
        subcommands = {AnalyzeEntropyCommand.class, AnalyzeConvergenceCommand.class, AnalyzeQualityCommand.class})
final class AnalyzeCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @ParentCommand
    private Main main;

    Main main() {
        return main;
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "an analysis is missing: "
                        + String.join(", ", spec.subcommands().keySet()));
    }
}
