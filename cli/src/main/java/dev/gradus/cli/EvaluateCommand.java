package dev.gradus.cli;

import dev.gradus.cli.config.ConfigVersion;
import dev.gradus.cli.config.RecordMapper;
import dev.gradus.cli.config.Settings;
import dev.gradus.cli.config.YamlReader;
import dev.gradus.cli.output.Logging;
import dev.gradus.cli.output.TaskProgress;
import dev.gradus.cli.output.Terminal;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.eval.Evaluation;
import dev.gradus.diffusion.eval.EvaluationCache;
import dev.gradus.diffusion.eval.EvaluationOptions;
import dev.gradus.diffusion.eval.Evaluator;
import dev.gradus.diffusion.eval.FeatureExtractor;
import dev.gradus.diffusion.eval.ImageSource;
import dev.gradus.diffusion.eval.Metric;
import dev.gradus.diffusion.eval.ReferenceData;
import dev.gradus.diffusion.sampler.SharedBatches;
import dev.gradus.diffusion.train.ImageGenerator;
import dev.gradus.diffusion.train.RunFolder;
import dev.gradus.diffusion.train.RunFolderException;
import dev.gradus.torch.Device;
import dev.gradus.torch.Torch;
import dev.gradus.torch.distributed.Environment;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Scores generated images. */
@Command(
        name = "evaluate",
        description = {
            "Score generated images against a data set.",
            "",
            "With --run, images are drawn by the averaged weights of a checkpoint and compared with the images that"
                    + " the run was trained on. With --images, they are taken from a folder of pictures or a file that"
                    + " 'sample --raw' wrote; what they are compared with is the data of --run, or --data.",
            "",
            "Features come from a small classifier that is trained once on the labels of the data, or from a"
                    + " TorchScript file such as an Inception network. Scores from different features, data or counts"
                    + " cannot be compared.",
            ""
        })
final class EvaluateCommand implements Callable<Integer> {
    private static final String DEFAULT_COUNT = "5000";

    @Option(names = "--run", paramLabel = "DIR", description = "The folder of a training run.")
    private Path run;

    @Option(names = "--step", paramLabel = "N", description = "Take the checkpoint of this step (default: the newest).")
    private Long step;

    @Option(
            names = "--images",
            paramLabel = "DIR|FILE.safetensors",
            description = "Score these images: a folder of pictures, or a tensor 'samples' (B, C, H, W).")
    private Path images;

    @Option(
            names = "--data",
            paramLabel = "fashion-mnist|DIR",
            description = "Compare with these images instead of the run's.")
    private String data;

    @Option(
            names = "--count",
            paramLabel = "N",
            description = "How many images (default: " + DEFAULT_COUNT + "; with --images, all).")
    private Long count;

    @Option(
            names = "--metrics",
            paramLabel = "NAME",
            split = ",",
            description = "Out of fid, kid, is, precision, recall, density, coverage (default: all).")
    private List<String> metrics = new ArrayList<>();

    @Mixin
    private FeatureOptions features;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Determines the noise (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--sampler", paramLabel = "NAME", description = "The sampler (default: the run's).")
    private String sampler;

    @Option(names = "--sampling-steps", paramLabel = "N", description = "Steps per image (default: the run's).")
    private String samplingSteps;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Set a key of the run's configuration, as in --set sampling.guidance.scale=2.")
    private List<String> set = new ArrayList<>();

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the scores to this file.")
    private Path json;

    @Option(
            names = "--device",
            paramLabel = "auto|cpu|cuda",
            defaultValue = "auto",
            description = "Where to draw images and compute features (default: ${DEFAULT-VALUE}).")
    private String device;

    @Option(names = "--threads", paramLabel = "N", description = "CPU threads (default: as many as libtorch chooses).")
    private Integer threads;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private Main main;

    @Override
    public Integer call() throws IOException {
        check();
        Set<Metric> chosen = metrics();
        Logging.start(main.verbose());
        TrainConfig config = configuration();
        Optional<Environment> environment = RankProcess.environment();
        if (environment.isEmpty()) {
            return evaluate(chosen, config, Devices.resolve(device), SharedBatches.alone());
        }
        if (images != null) {
            throw new UsageException("--images: draws nothing, so there is no work for several processes");
        }
        try (RankProcess rank = RankProcess.join(environment.get(), device);
                SharedBatches shared = SharedBatches.among(rank.group())) {
            RankProcess.onLauncherGone(() -> Runtime.getRuntime().halt(ExitCode.FAILED));
            int code = shared.isFirst()
                    ? evaluate(chosen, config, rank.device(), shared)
                    : help(config, rank.device(), shared);
            shared.finish();
            rank.leave();
            return code;
        }
    }

    /** Draws a part of the images for rank 0. */
    private int help(TrainConfig config, Device where, SharedBatches shared) throws IOException {
        if (threads != null) {
            Torch.setNumThreads(threads);
        }
        try (ImageGenerator generator = ImageGenerator.open(config, checkpoint().resolve("ema"), where)) {
            ReferenceData reference =
                    ReferenceData.open(config.data(), generator.model().sampleSize(), (_, _, _) -> {});
            long all = count != null ? count : Long.parseLong(DEFAULT_COUNT);
            ImageSource.help(generator, config.sampling(), seed, reference.images(), shared, all);
        }
        return ExitCode.DONE;
    }

    private int evaluate(Set<Metric> chosen, TrainConfig config, Device where, SharedBatches shared)
            throws IOException {
        if (threads != null) {
            Torch.setNumThreads(threads);
        }
        EvaluationOptions options = EvaluationOptions.defaults().withMetrics(chosen);
        EvaluationCache cache = features.cache();
        Evaluation evaluation;
        Map<String, String> about = new LinkedHashMap<>();
        try (TaskProgress progress = TaskProgress.on(Terminal.ofStandardError());
                GeneratedImages generated = generated(config, where, shared)) {
            ReferenceData reference = ReferenceData.open(config.data(), generated.height(), progress::update);
            try (FeatureExtractor extractor = features.open(reference, cache, where, progress::update);
                    Evaluator evaluator = Evaluator.open(reference, extractor, options, cache, progress::update)) {
                evaluation = evaluator.evaluate(
                        generated.source().apply(reference.images()), wanted(generated), seed, progress::update);
            }
            about.putAll(generated.about());
        }
        if (json != null) {
            evaluation.writeJson(json, about);
        }
        report(evaluation, about);
        return ExitCode.DONE;
    }

    private void check() {
        if (run == null && images == null) {
            throw new UsageException("give --run DIR or --images DIR");
        }
        if (run == null && data == null) {
            throw new UsageException("--images needs --data or --run, to compare the images with");
        }
        if (images != null && (step != null || sampler != null || samplingSteps != null)) {
            throw new UsageException("--images draws no images; leave --step, --sampler and --sampling-steps out");
        }
        if (count != null && count < 1) {
            throw new UsageException("--count: must be at least 1, is " + count);
        }
        if (threads != null && threads < 1) {
            throw new UsageException("--threads: must be at least 1, is " + threads);
        }
        Arguments.requireFolder("--run", run);
        if (images != null && !Files.exists(images)) {
            throw new UsageException("--images: there is no folder or file " + images);
        }
        features.check();
        Arguments.requireWritable("--json", json);
    }

    private Set<Metric> metrics() {
        Set<Metric> chosen = EnumSet.noneOf(Metric.class);
        for (String name : metrics) {
            chosen.add(Metric.of(name)
                    .orElseThrow(() -> new UsageException("--metrics: there is no metric '" + name
                            + "'; there are "
                            + Arrays.stream(Metric.values()).map(Metric::key).collect(Collectors.joining(", ")))));
        }
        return chosen;
    }

    private TrainConfig configuration() {
        Settings settings = new Settings();
        if (run != null) {
            settings.add(ConfigVersion.read(folder().configFile()));
        }
        set.forEach(pair -> settings.add(YamlReader.parsePair(pair)));
        DataOption.apply(data, settings)
                .addOption("--sampler", "sampling.sampler", sampler)
                .addOption("--sampling-steps", "sampling.steps", samplingSteps);
        return RecordMapper.apply(TrainConfig.defaults(), settings);
    }

    private RunFolder folder() {
        try {
            return RunFolder.existing(run);
        } catch (RunFolderException e) {
            throw new UsageException("--run: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new UsageException("--run: " + run + " cannot be read: " + e.getMessage(), e);
        }
    }

    private GeneratedImages generated(TrainConfig config, Device where, SharedBatches shared) throws IOException {
        if (images != null) {
            return GeneratedImages.read(images);
        }
        Path weights = checkpoint().resolve("ema");
        return GeneratedImages.draw(config, weights, where, seed, shared);
    }

    private Path checkpoint() throws IOException {
        if (step == null) {
            return folder().newestWholeCheckpoint()
                    .orElseThrow(() -> new UsageException("--run: " + run + " has no checkpoint yet"));
        }
        Path checkpoint = folder().checkpoint(step);
        if (!Files.isDirectory(checkpoint)) {
            throw new UsageException("--step: " + run + " has no checkpoint of step " + step);
        }
        return checkpoint;
    }

    private long wanted(GeneratedImages generated) {
        if (count != null && count > generated.most()) {
            throw new UsageException("--count: " + images + " has only " + generated.most() + " images");
        }
        return count != null ? count : images != null ? generated.most() : Long.parseLong(DEFAULT_COUNT);
    }

    private void report(Evaluation evaluation, Map<String, String> about) {
        PrintWriter out = spec.commandLine().getOut();
        out.print(evaluation.toText());
        about.forEach((name, value) -> out.printf("%-9s  %s%n", name, value));
        out.flush();
    }
}
