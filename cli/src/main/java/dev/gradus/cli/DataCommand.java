package dev.gradus.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Groups what is done with data sets. */
@Command(
        name = "data",
        description = "Fetch, look at, and pack training images.",
        subcommands = {DataFetchCommand.class, DataInfoCommand.class, DataShowCommand.class, DataPackCommand.class})
final class DataCommand implements Runnable {
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
                "what to do is missing: " + String.join(", ", spec.subcommands().keySet()));
    }
}
