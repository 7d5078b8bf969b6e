package dev.gradus.cli;

import dev.gradus.cli.config.RecordMapper;
import dev.gradus.cli.config.Settings;
import dev.gradus.cli.config.YamlReader;
import dev.gradus.cli.output.Logging;
import dev.gradus.cli.output.TaskProgress;
import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.sampler.SharedBatches;
import dev.gradus.torch.distributed.Environment;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
                + " scheduler_config.json in or beside it; else they are linear and epsilon. --set changes them, as in"
                + " --set schedule.kind=cosine --set objective=v.",
            ""
        })
final class SampleCommand implements Callable<Integer> {
    private static final int DEFAULT_STEPS = 50;
    private static final int DEFAULT_COUNT = 64;
    private static final int DEFAULT_ROW = 8;
    private static final int DEFAULT_STRIP = 4;

    @Mixin
    private ModelOptions source;

    @Option(
            names = "--count",
            paramLabel = "N",
            description = "How many images (default: " + DEFAULT_COUNT + "); with --noise, as many as that has; with"
                    + " --interpolate, how many in a row (default: " + DEFAULT_ROW + "); with --strip, default "
                    + DEFAULT_STRIP + ".")
    private String count;

    @Option(
            names = "--sampler",
            paramLabel = "NAME",
            description =
                    "ddim, ddpm, euler, heun, euler-ancestral, dpm-solver-2m, sde-dpm-solver-2m, edm, flow-euler or"
                            + " flow-heun (default: the run's).")
    private String sampler;

    @Option(
            names = "--spacing",
            paramLabel = "NAME",
            description =
                    "Where the steps stop: leading, trailing, linspace, karras or exponential (default: karras for"
                            + " --sampler heun and edm, else the run's).")
    private String spacing;

    @Option(
            names = "--sampling-steps",
            paramLabel = "N",
            description = "Steps per image (default: " + DEFAULT_STEPS
                    + ", or all timesteps where there are fewer; all for" + " a DDPMPipeline of diffusers).")
    private String samplingSteps;

    @Option(names = "--eta", paramLabel = "X", description = "Noise of ddim, from 0 to 1 (default: the run's).")
    private String eta;

    @Option(
            names = "--churn",
            paramLabel = "X",
            description = "Noise that edm adds, S_churn of its paper (default: the run's).")
    private String churn;

    @Option(
            names = "--class",
            paramLabel = "NAME",
            split = ",",
            description = "Names or numbers of classes to draw in turn, as in --class Bag,7 (default: all).")
    private List<String> classes = new ArrayList<>();

    @Option(
            names = "--prompt",
            paramLabel = "TEXT",
            description = "A text to draw, for a model that takes text. Can be repeated; the texts are drawn in turn.")
    private List<String> prompts = new ArrayList<>();

    @Option(
            names = "--negative-prompt",
            paramLabel = "TEXT",
            description = "A text to keep away from, instead of no text; needs --guidance.")
    private String negativePrompt;

    @Option(
            names = "--guidance",
            paramLabel = "W",
            description = "Scale of classifier-free guidance; 1 is off (default: the run's).")
    private String guidance;

    @Option(
            names = "--guidance-interval",
            paramLabel = "LO,HI",
            split = ",",
            description = "Guide only where the noise sigma / alpha is from LO to HI.")
    private List<String> guidanceInterval = new ArrayList<>();

    @Option(
            names = "--interpolate",
            paramLabel = "A,B",
            split = ",",
            description =
                    "Go from the noise of seed A to that of seed B, in a row; with several classes or texts, a row for"
                            + " each.")
    private List<Long> interpolate = new ArrayList<>();

    @Option(
            names = "--strip",
            description =
                    "Show the denoising: for each image a row of what the sampler had, and one of what the network"
                            + " thought was behind it.")
    private boolean strip;

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
            paramLabel = "FILE.safetensors|FILE.npz",
            description =
                    "Also write the images as a tensor 'samples' (B, C, H, W): for NumPy where the name ends in .npz,"
                            + " else as safetensors.")
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

    /** Hears how far it is; null for the terminal. */
    private TaskProgress progress;

    /**
     * Does what the command does with these words.
     *
     * @throws CommandLine.ParameterException if they are not understood
     */
    static void run(List<String> words, TaskProgress progress) throws IOException {
        SampleCommand command = new SampleCommand();
        command.progress = progress;
        new CommandLine(command).setOut(new PrintWriter(Writer.nullWriter())).parseArgs(words.toArray(String[]::new));
        command.call();
    }

    @Override
    public Integer call() throws IOException {
        source.check();
        requirePair("--guidance-interval", guidanceInterval);
        requirePair("--interpolate", interpolate);
        if (noise != null && !interpolate.isEmpty()) {
            throw new UsageException("give --noise or --interpolate, not both");
        }
        if (main != null) {
            Logging.start(main.verbose());
        }
        Arguments.requireFile("--noise", noise);
        Arguments.requirePicture("--out", out);
        Arguments.requireWritable("--raw", raw);
        Path weights = source.weights();
        TrainConfig config = configuration();
        Sampling sampling =
                new Sampling(config, weights, new Wish(noise, classes, interpolate, prompts, negativePrompt, strip));
        // The server that draws on demand is no rank.
        Optional<Environment> environment = main == null ? Optional.empty() : RankProcess.environment();
        if (environment.isEmpty()) {
            sampling.writeTo(out, raw, progress);
        } else if (!asRank(environment.get(), sampling)) {
            return ExitCode.DONE;
        }
        PrintWriter stdout = spec.commandLine().getOut();
        stdout.println(out);
        stdout.flush();
        return ExitCode.DONE;
    }

    /** Whether this rank has written the picture. */
    private boolean asRank(Environment environment, Sampling sampling) throws IOException {
        if (strip) {
            throw new UsageException("--strip: is drawn by one process");
        }
        try (RankProcess rank = RankProcess.join(environment, device);
                SharedBatches shared = SharedBatches.among(rank.group())) {
            RankProcess.onLauncherGone(() -> Runtime.getRuntime().halt(ExitCode.FAILED));
            sampling.writeTo(out, raw, shared.isFirst() ? progress : TaskProgress.silent(), rank.device(), shared);
            shared.finish();
            rank.leave();
            return shared.isFirst();
        }
    }

    private static void requirePair(String option, List<?> values) {
        if (!values.isEmpty() && values.size() != 2) {
            throw new UsageException(option + ": takes two numbers with a comma between them");
        }
    }

    private TrainConfig configuration() throws IOException {
        Settings settings = new Settings();
        settings.add(source.settings());
        set.forEach(pair -> settings.add(YamlReader.parsePair(pair)));
        boolean interval = !guidanceInterval.isEmpty();
        settings.addOption("--count", "sampling.count", count != null ? count : defaultCount())
                .addOption("--sampler", "sampling.sampler", sampler)
                .addOption("--spacing", "sampling.spacing", spacing != null ? spacing : defaultSpacing())
                .addOption("--sampling-steps", "sampling.steps", samplingSteps == null ? "1" : samplingSteps)
                .addOption("--eta", "sampling.eta", eta)
                .addOption("--churn", "sampling.churn.amount", churn)
                .addOption("--guidance", "sampling.guidance.scale", guidance)
                .addOption(
                        "--guidance-interval", "sampling.guidance.sigmaMin", interval ? guidanceInterval.get(0) : null)
                .addOption(
                        "--guidance-interval", "sampling.guidance.sigmaMax", interval ? guidanceInterval.get(1) : null)
                .addOption("--seed", "seed", seed)
                .addOption("--device", "device", device)
                .addOption("--threads", "threads", threads);
        TrainConfig config = RecordMapper.apply(TrainConfig.defaults(), settings);
        if (samplingSteps != null) {
            return config;
        }
        // As many as diffusers' DDPMPipeline takes by default.
        boolean all = source.isFolder() && sampler == null && config.sampling().sampler() == SamplingConfig.Kind.DDPM;
        int steps = Math.min(
                all ? Integer.MAX_VALUE : DEFAULT_STEPS, config.schedule().timesteps());
        return RecordMapper.apply(config, new Settings().addOption("--sampling-steps", "sampling.steps", steps));
    }

    private int defaultCount() {
        return !interpolate.isEmpty() ? DEFAULT_ROW : strip ? DEFAULT_STRIP : DEFAULT_COUNT;
    }

    /** Null for the run's. Heun's method goes astray where a step divides sigma / alpha by a large factor. */
    private String defaultSpacing() {
        return "heun".equals(sampler) || "edm".equals(sampler) ? "auto" : null;
    }
}
