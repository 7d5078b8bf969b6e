package dev.gradus.cli;

import dev.gradus.cli.config.RecordMapper;
import dev.gradus.cli.config.Settings;
import dev.gradus.cli.config.YamlReader;
import dev.gradus.cli.output.Logging;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.train.RunFolder;
import dev.gradus.diffusion.train.RunFolderException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Draws images from a trained model. */
@Command(
        name = "sample",
        description = {
            "Draw images from a trained model.",
            "",
            "With --run the averaged weights of the run's newest checkpoint are used, and the run's noise schedule and"
                    + " objective. With --model these come from the run that the folder is a checkpoint of, or from a"
                    + " scheduler_config.json beside it; else they are linear and epsilon. --set changes them, as in"
                    + " --set schedule.kind=cosine --set objective=v.",
            ""
        })
final class SampleCommand implements Callable<Integer> {
    private static final int DEFAULT_STEPS = 50;

    @Option(names = "--run", paramLabel = "DIR", description = "The folder of a training run.")
    private Path run;

    @Option(names = "--model", paramLabel = "DIR", description = "A folder with config.json and weights.")
    private Path model;

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "64",
            description = "How many images (default: ${DEFAULT-VALUE}); with --noise, as many as that has.")
    private String count;

    @Option(
            names = "--sampler",
            paramLabel = "ddim|ddpm",
            defaultValue = "ddim",
            description = "The sampler (default: ${DEFAULT-VALUE}).")
    private String sampler;

    @Option(
            names = "--sampling-steps",
            paramLabel = "N",
            description = "Steps per image (default: " + DEFAULT_STEPS + ", or all timesteps where there are fewer).")
    private String samplingSteps;

    @Option(
            names = "--eta",
            paramLabel = "X",
            defaultValue = "0",
            description = "Noise of ddim, from 0 to 1 (default: ${DEFAULT-VALUE}).")
    private String eta;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Determines the noise (default: ${DEFAULT-VALUE}).")
    private String seed;

    @Option(names = "--out", paramLabel = "FILE.png", required = true, description = "The picture to write.")
    private Path out;

    @Option(
            names = "--noise",
            paramLabel = "FILE.safetensors",
            description = "Start from its tensor 'noise' (B, C, H, W) instead of noise from --seed.")
    private Path noise;

    @Option(
            names = "--raw",
            paramLabel = "FILE.safetensors",
            description = "Also write the images as a tensor 'samples' (B, C, H, W).")
    private Path raw;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Set a key of the run's configuration.")
    private List<String> set = new ArrayList<>();

    @Option(
            names = "--device",
            paramLabel = "auto|cpu|cuda",
            defaultValue = "auto",
            description = "Where to sample (default: ${DEFAULT-VALUE}).")
    private String device;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description = "CPU threads (default: as many as libtorch chooses).")
    private String threads;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private Main main;

    @Override
    public Integer call() throws IOException {
        if ((run == null) == (model == null)) {
            throw new UsageException(run == null ? "give --run DIR or --model DIR" : "give --run or --model, not both");
        }
        Logging.start(main.verbose());
        Arguments.requireFolder("--run", run);
        Arguments.requireFolder("--model", model);
        Arguments.requireFile("--noise", noise);
        Arguments.requireWritable("--out", out);
        Arguments.requireWritable("--raw", raw);
        Path weights = run != null ? newestEma() : model;
        TrainConfig config = configuration();
        new Sampling(config, weights, noise).writeTo(out, raw);
        PrintWriter stdout = spec.commandLine().getOut();
        stdout.println(out);
        stdout.flush();
        return ExitCode.DONE;
    }

    private Path newestEma() throws IOException {
        try {
            return RunFolder.existing(run)
                    .newestCheckpoint()
                    .orElseThrow(() -> new UsageException("--run: " + run + " has no checkpoint yet"))
                    .resolve("ema");
        } catch (RunFolderException e) {
            throw new UsageException("--run: " + e.getMessage(), e);
        }
    }

    private TrainConfig configuration() throws IOException {
        Settings settings = new Settings();
        settings.add(run != null ? YamlReader.read(run.resolve("config.yaml")) : ModelFolder.settings(model));
        set.forEach(pair -> settings.add(YamlReader.parsePair(pair)));
        settings.addOption("--count", "sampling.count", count)
                .addOption("--sampler", "sampling.sampler", sampler)
                .addOption("--sampling-steps", "sampling.steps", samplingSteps == null ? "1" : samplingSteps)
                .addOption("--eta", "sampling.eta", eta)
                .addOption("--seed", "seed", seed)
                .addOption("--device", "device", device)
                .addOption("--threads", "threads", threads);
        TrainConfig config = RecordMapper.apply(TrainConfig.defaults(), settings);
        if (samplingSteps != null) {
            return config;
        }
        int steps = Math.min(DEFAULT_STEPS, config.schedule().timesteps());
        return RecordMapper.apply(config, new Settings().addOption("--sampling-steps", "sampling.steps", steps));
    }
}
