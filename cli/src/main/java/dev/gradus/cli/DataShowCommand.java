package dev.gradus.cli;

import dev.gradus.diffusion.config.DataConfig;
import dev.gradus.diffusion.data.ContactSheet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Draws some images of a data set. */
@Command(
        name = "show",
        description = "Draw some images of a data set with their classes and captions, cut to squares as for training.")
final class DataShowCommand implements Callable<Integer> {
    @Mixin
    private DataSetOptions data;

    @Option(names = "--out", paramLabel = "FILE.png", required = true, description = "The picture.")
    private Path out;

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "64",
            description = "How many (default: ${DEFAULT-VALUE}).")
    private int count;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Which ones (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--cell",
            paramLabel = "N",
            defaultValue = "96",
            description = "Height and width of each (default: ${DEFAULT-VALUE}).")
    private int cell;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private DataCommand parent;

    @Override
    public Integer call() throws IOException {
        if (count < 1 || count > 10_000) {
            throw new UsageException("--count: must be from 1 to 10000, is " + count);
        }
        if (cell < 16 || cell > 1024) {
            throw new UsageException("--cell: must be from 16 to 1024, is " + cell);
        }
        Arguments.requirePicture("--out", out);
        DataConfig config = DataSetOptions.resolve(data.settings());
        return DataTask.run(parent.main(), spec.commandLine().getOut(), progress -> {
            ContactSheet.write(out, config, count, seed, cell, progress);
            spec.commandLine().getOut().println(out);
            return ExitCode.DONE;
        });
    }
}
