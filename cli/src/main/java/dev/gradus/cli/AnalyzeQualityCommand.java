package dev.gradus.cli;

import dev.gradus.cli.config.ConfigVersion;
import dev.gradus.cli.config.RecordMapper;
import dev.gradus.cli.config.Settings;
import dev.gradus.cli.output.Logging;
import dev.gradus.cli.output.TaskProgress;
import dev.gradus.cli.output.Terminal;
import dev.gradus.diffusion.analysis.Convergence;
import dev.gradus.diffusion.analysis.Expert;
import dev.gradus.diffusion.analysis.Quality;
import dev.gradus.diffusion.analysis.QualityFiles;
import dev.gradus.diffusion.analysis.QualityResult;
import dev.gradus.diffusion.analysis.QualityScorer;
import dev.gradus.diffusion.analysis.ValidationCurve;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.curriculum.TimestepRange;
import dev.gradus.diffusion.eval.EvaluationCache;
import dev.gradus.diffusion.eval.EvaluationOptions;
import dev.gradus.diffusion.eval.Evaluator;
import dev.gradus.diffusion.eval.FeatureExtractor;
import dev.gradus.diffusion.eval.Metric;
import dev.gradus.diffusion.eval.ReferenceData;
import dev.gradus.diffusion.train.RunFolder;
import dev.gradus.diffusion.train.RunFolderException;
import dev.gradus.torch.Device;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Puts partly trained experts of single clusters into a fully trained model and scores what it draws. */
@Command(
        name = "quality",
        description = {
            "Put the partly trained expert of one cluster of noise levels into a fully trained model, in its interval"
                    + " only, and score what it draws, over the training of the expert.",
            "",
            "Writes quality.csv, quality.json and quality.png. Stopped at any point, the same command goes on.",
            ""
        })
final class AnalyzeQualityCommand implements Callable<Integer> {
    @Option(names = "--run", paramLabel = "DIR", required = true, description = "The run of the fully trained model.")
    private Path run;

    @Option(
            names = "--expert",
            paramLabel = "DIR",
            required = true,
            description = "The run of an expert, or the folder of 'analyze convergence' for all in it that have"
                    + " checkpoints. Can be repeated.")
    private List<Path> experts;

    @Option(
            names = "--cluster",
            paramLabel = "I",
            split = ",",
            description = "Of a folder of 'analyze convergence' take only these clusters; 0 has the least noise.")
    private List<Integer> clusters;

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Images of each score (default: ${DEFAULT-VALUE}).")
    private int count;

    @Option(
            names = "--sampling-steps",
            paramLabel = "N",
            description = "Denoising steps (default: those of the run's configuration).")
    private String samplingSteps;

    @Option(
            names = "--metric",
            paramLabel = "NAME",
            defaultValue = "fid",
            description = "fid, kid, is, precision, recall, density or coverage (default: ${DEFAULT-VALUE}).")
    private String metric;

    @Mixin
    private FeatureOptions features;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "Determines the noise.")
    private long seed;

    @Option(names = "--device", paramLabel = "auto|cpu|cuda", defaultValue = "auto", description = "Where to draw.")
    private String device;

    @Option(names = "--threads", paramLabel = "N", description = "CPU threads (default: as many as libtorch chooses).")
    private Integer threads;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "The folder for the results.")
    private Path out;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private AnalyzeCommand parent;

    @Override
    public Integer call() throws IOException {
        Metric measured = Metric.of(metric)
                .orElseThrow(() -> new UsageException("--metric: there is no metric '" + metric + "'; there are "
                        + Arrays.stream(Metric.values()).map(Metric::key).collect(Collectors.joining(", "))));
        features.check();
        TrainConfig config = configuration(run, "--run");
        Path checkpoint = RunFolder.existing(run)
                .newestWholeCheckpoint()
                .orElseThrow(() -> new UsageException("--run: " + run + " has no checkpoint"));
        List<Expert> chosen = experts();
        Device where = Devices.resolve(device);
        Logging.start(parent.main().verbose());
        if (threads != null) {
            Torch.setNumThreads(threads);
        }
        QualityResult result;
        EvaluationCache cache = features.cache();
        try (TaskProgress progress = TaskProgress.on(Terminal.ofStandardError())) {
            ReferenceData reference =
                    ReferenceData.open(config.data(), config.model().sampleSize(), progress::update);
            try (FeatureExtractor extractor = features.open(reference, cache, where, progress::update);
                    Evaluator evaluator = Evaluator.open(
                            reference,
                            extractor,
                            EvaluationOptions.defaults().withMetrics(Set.of(measured)),
                            cache,
                            progress::update)) {
                QualityScorer scorer = new QualityScorer(evaluator, measured, extractor.name(), count, seed, where);
                result = new Quality(checkpoint, config, chosen, scorer, out).run(progress::update);
            }
        }
        QualityFiles.write(result, out);
        report(result);
        return ExitCode.DONE;
    }

    private TrainConfig configuration(Path folder, String option) throws IOException {
        try {
            RunFolder found = RunFolder.existing(folder);
            Settings settings = new Settings().add(ConfigVersion.read(found.configFile()));
            if (option.equals("--run")) {
                settings.addOption("--sampling-steps", "sampling.steps", samplingSteps);
            }
            return RecordMapper.apply(TrainConfig.defaults(), settings);
        } catch (RunFolderException e) {
            throw new UsageException(option + ": " + e.getMessage(), e);
        }
    }

    private List<Expert> experts() throws IOException {
        List<Expert> found = new ArrayList<>();
        for (Path folder : experts) {
            List<Path> runs = Convergence.isStudy(folder) ? Convergence.runFolders(folder) : List.of(folder);
            for (Path expert : runs) {
                Expert read = new Expert(expert, configuration(expert, "--expert"));
                if (clusters == null || clusters.contains(read.cluster())) {
                    found.add(read);
                }
            }
        }
        if (found.isEmpty()) {
            throw new UsageException("--expert: no expert was found" + (clusters == null ? "" : " of these clusters")
                    + "; 'gradus analyze convergence' trains them");
        }
        return found;
    }

    private void report(QualityResult result) {
        PrintWriter writer = spec.commandLine().getOut();
        writer.printf(
                Locale.ROOT,
                "%s of %d images; the full model alone: %.4g%n",
                result.metric(),
                result.images(),
                result.fullModel());
        result.curves()
                .forEach((cluster, seeds) -> seeds.forEach((seedOfExpert, curve) -> {
                    TimestepRange range = result.ranges().get(cluster);
                    String scores = curve.points().stream()
                            .map(AnalyzeQualityCommand::score)
                            .collect(Collectors.joining(", "));
                    writer.printf(
                            Locale.ROOT,
                            "t %.4g to %.4g, seed %d, after steps: %s%n",
                            range.from(),
                            range.to(),
                            seedOfExpert,
                            scores);
                }));
        writer.printf("written     %s%n", out.resolve("quality.{csv,json,png}"));
        writer.flush();
    }

    private static String score(ValidationCurve.Point point) {
        return String.format(Locale.ROOT, "%d: %.4g", point.step(), point.loss());
    }
}
