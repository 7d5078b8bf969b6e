package dev.gradus.cli;

import dev.gradus.diffusion.config.ConfigNames;
import dev.gradus.diffusion.config.DataConfig;
import dev.gradus.diffusion.data.Datasets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Fetches a data set into the cache. */
@Command(
        name = "fetch",
        description = {
            "Fetch a data set into the cache, where training finds it.",
            "",
            "What is received is compared with its checksum. A fetch that was stopped goes on from where it was when"
                    + " the command is run again.",
            ""
        })
final class DataFetchCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", description = "fashion-mnist, emoji, cifar10 or cifar100.")
    private String name;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private DataCommand parent;

    @Override
    public Integer call() throws IOException {
        DataConfig.Format format = DataOption.published()
                .filter(candidate -> ConfigNames.of(candidate).equals(name))
                .findFirst()
                .orElseThrow(() -> new UsageException("NAME: " + name + " cannot be fetched; these can: "
                        + DataOption.published().map(ConfigNames::of).collect(Collectors.joining(", "))));
        return DataTask.run(parent.main(), spec.commandLine().getOut(), progress -> {
            Path folder = Datasets.fetch(format, progress);
            spec.commandLine().getOut().printf("%s is in %s%n", name, folder);
            return ExitCode.DONE;
        });
    }
}
