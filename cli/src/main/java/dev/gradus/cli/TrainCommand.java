package dev.gradus.cli;

import dev.gradus.cli.config.RecordMapper;
import dev.gradus.cli.config.Setting;
import dev.gradus.cli.config.Settings;
import dev.gradus.cli.config.YamlWriter;
import dev.gradus.cli.output.Logging;
import dev.gradus.cli.output.Progress;
import dev.gradus.cli.output.Terminal;
import dev.gradus.cli.output.Texts;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.train.RunFolderException;
import dev.gradus.diffusion.train.TrainListener;
import dev.gradus.diffusion.train.TrainResult;
import dev.gradus.diffusion.train.Trainer;
import dev.gradus.torch.distributed.Environment;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.logging.log4j.LogManager;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Trains a model into a run folder. */
@Command(
        name = "train",
        description = {
            "Train a model.",
            "",
            "The configuration is made of layers: defaults, then --preset, --config, --set, and the named options. A"
                + " folder that holds a run with the same configuration is gone on with from its newest checkpoint.",
            ""
        })
final class TrainCommand implements Callable<Integer> {
    private static final Path RUNS = Path.of("runs");

    @Mixin
    private ConfigOptions options;

    @Option(names = "--run", paramLabel = "DIR", description = "The run folder (default: runs/NAME-1, -2, ...).")
    private Path run;

    @Option(
            names = "--init",
            paramLabel = "DIR",
            description = "Begin with the weights of a network or a pipeline of diffusers, and with its schedule and"
                    + " objective.")
    private Path init;

    @Option(names = "--steps", paramLabel = "N", description = "Training steps in the whole run.")
    private String steps;

    @Option(names = "--device", paramLabel = "auto|cpu|cuda", description = "Where to train.")
    private String device;

    @Option(
            names = "--precision",
            paramLabel = "fp32|bf16|fp16",
            description = "Number format of the network's computations.")
    private String precision;

    @Option(
            names = "--curriculum",
            paramLabel = "easy-to-hard|none|hard-to-easy|random",
            description = "The order in which denoising tasks are learnt.")
    private String curriculum;

    @Option(names = "--seed", paramLabel = "N", description = "Determines all that is random.")
    private String seed;

    @Option(names = "--threads", paramLabel = "N", description = "CPU threads (0: as many as libtorch chooses).")
    private String threads;

    @Option(
            names = "--dry-run",
            description = {
                "Train nothing: print the resolved configuration, the parameters, the steps of an epoch, and how much"
                        + " memory training will take. Fetches the data if they are not there."
            })
    private boolean dryRun;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private Main main;

    @Override
    public Integer call() throws IOException {
        Path folder = run != null ? run : nextFolder(options.name());
        TrainConfig resolved = configuration(folder);
        Logging.start(main.verbose());
        if (dryRun) {
            return DryRun.print(resolved, spec.commandLine().getOut());
        }
        Optional<Environment> environment = RankProcess.environment();
        TrainResult result =
                environment.isPresent() ? asRank(environment.get(), resolved, folder) : train(resolved, folder, null);
        if (environment.isEmpty() || environment.get().rank() == 0) {
            report(result, folder);
        }
        return result.outcome() == TrainResult.Outcome.INTERRUPTED ? ExitCode.INTERRUPTED : ExitCode.DONE;
    }

    private TrainResult asRank(Environment environment, TrainConfig resolved, Path folder) throws IOException {
        try (RankProcess rank = RankProcess.join(environment, resolved.device())) {
            TrainResult result = train(resolved, folder, rank);
            rank.leave();
            return result;
        }
    }

    private TrainConfig configuration(Path folder) throws IOException {
        Arguments.requireFolder("--init", init);
        List<Setting> begun = init == null ? List.of() : ModelFolder.beginning(init);
        Path saved = folder.resolve("config.yaml");
        Settings settings = options.isGiven() || !Files.isRegularFile(saved)
                ? options.settings(begun)
                : options.settingsOver(saved).add(begun);
        settings.addOption("--steps", "steps", steps)
                .addOption("--device", "device", device)
                .addOption("--precision", "precision", precision)
                .addOption("--curriculum", "curriculum.order", curriculum)
                .addOption("--seed", "seed", seed)
                .addOption("--threads", "threads", threads);
        TrainConfig resolved = RecordMapper.apply(TrainConfig.defaults(), settings);
        String data = resolved.data().path();
        if (data != null && !Files.exists(Path.of(data))) {
            throw new UsageException("data.path: there is no file or folder " + data);
        }
        return resolved;
    }

    private TrainResult train(TrainConfig resolved, Path folder, RankProcess rank) throws IOException {
        Terminal terminal = Terminal.ofStandardError();
        try (Progress progress = Progress.on(terminal)) {
            boolean first = rank == null || rank.group().isFirst();
            Trainer trainer = open(
                    resolved, rank == null ? folder : rank.folder(folder), first ? progress : new TrainListener() {});
            if (rank != null) {
                trainer.group(rank.group());
                RankProcess.onLauncherGone(trainer::requestStop);
            }
            main.onInterrupt(() -> {
                LogManager.getLogger(TrainCommand.class)
                        .info("stopping: finishing the step and writing a checkpoint; Ctrl-C again ends at once");
                trainer.requestStop();
            });
            return trainer.run();
        }
    }

    /** A folder that cannot be used is wrong usage: nothing was begun. */
    private static Trainer open(TrainConfig resolved, Path folder, TrainListener listener) throws IOException {
        try {
            Trainer trainer = new Trainer(resolved, folder, listener);
            trainer.configText(YamlWriter.write(resolved, "All settings of this run, resolved."));
            return trainer;
        } catch (RunFolderException e) {
            throw new UsageException("--run: " + e.getMessage(), e);
        }
    }

    private void report(TrainResult result, Path folder) {
        PrintWriter out = spec.commandLine().getOut();
        switch (result.outcome()) {
            case FINISHED -> out.printf("Finished %d steps in %s.%n", result.step(), Texts.duration(result.duration()));
            case INTERRUPTED ->
                out.printf("Stopped after step %d. To go on: gradus train --run %s%n", result.step(), folder);
            case ALREADY_DONE -> out.printf("The run in %s is already finished.%n", folder);
        }
        result.checkpoint().ifPresent(path -> out.printf("checkpoint  %s%n", path));
        result.picture().ifPresent(path -> out.printf("samples     %s%n", path));
        out.flush();
    }

    private static Path nextFolder(String name) {
        int number = 1;
        while (Files.exists(RUNS.resolve(name + "-" + number))) {
            number++;
        }
        return RUNS.resolve(name + "-" + number);
    }
}
