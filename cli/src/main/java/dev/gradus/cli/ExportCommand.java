package dev.gradus.cli;

import dev.gradus.cli.config.RecordMapper;
import dev.gradus.cli.config.Settings;
import dev.gradus.cli.config.YamlReader;
import dev.gradus.cli.output.Logging;
import dev.gradus.diffusion.config.ConfigNames;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.interchange.Export;
import dev.gradus.diffusion.interchange.PipelineFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Writes a trained model for other programs. */
@Command(
        name = "export",
        description = {
            "Write a trained model for other programs.",
            "",
            "diffusers: the folder of a pipeline, DDPMPipeline or DDIMPipeline by sampling.sampler, which Python's"
                + " diffusers loads. torchscript: a module that Python and C++ load without this program. safetensors:"
                + " the network alone, in the layout of diffusers' models, with the configuration.",
            "",
            "What the format has no counterpart for is refused by its name. Keys of sampling can be set otherwise for"
                    + " the export, as in --set sampling.sampler=ddpm.",
            ""
        })
final class ExportCommand implements Callable<Integer> {
    private static final Logger LOGGER = LogManager.getLogger(ExportCommand.class);

    @Mixin
    private ModelOptions source;

    @Option(
            names = "--format",
            paramLabel = "diffusers|torchscript|safetensors",
            required = true,
            description = "What to write.")
    private String format;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "The folder to make.")
    private Path out;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Set a key of the run's configuration.")
    private List<String> set = new ArrayList<>();

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private Main main;

    @Override
    public Integer call() throws IOException {
        source.check();
        Export.Format wanted = wanted();
        Logging.start(main.verbose());
        Settings settings = new Settings().add(source.settings());
        set.forEach(pair -> settings.add(YamlReader.parsePair(pair)));
        TrainConfig config = RecordMapper.apply(TrainConfig.defaults(), settings);
        try {
            Export.write(wanted, out, config, source.weights());
        } catch (FileAlreadyExistsException e) {
            throw new UsageException("--out: " + out + " is not empty; name a new folder", e);
        }
        if (wanted == Export.Format.DIFFUSERS) {
            PipelineFolder.difference(config).ifPresent(LOGGER::warn);
            LOGGER.info("in Python: {}", PipelineFolder.call(out, config));
        }
        PrintWriter stdout = spec.commandLine().getOut();
        stdout.println(out);
        stdout.flush();
        return ExitCode.DONE;
    }

    private Export.Format wanted() {
        List<String> names =
                Stream.of(Export.Format.values()).map(ConfigNames::of).toList();
        if (!names.contains(format)) {
            throw new UsageException("--format: must be one of " + String.join(", ", names) + ", is '" + format + "'");
        }
        return Export.Format.values()[names.indexOf(format)];
    }
}
