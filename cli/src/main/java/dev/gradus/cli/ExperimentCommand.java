package dev.gradus.cli;

import dev.gradus.cli.config.YamlWriter;
import dev.gradus.cli.output.Logging;
import dev.gradus.cli.output.Progress;
import dev.gradus.cli.output.Terminal;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.eval.Evaluation;
import dev.gradus.diffusion.eval.EvaluationCache;
import dev.gradus.diffusion.eval.EvaluationOptions;
import dev.gradus.diffusion.eval.EvaluationProgress;
import dev.gradus.diffusion.eval.Evaluator;
import dev.gradus.diffusion.eval.FeatureExtractor;
import dev.gradus.diffusion.eval.ImageSource;
import dev.gradus.diffusion.eval.ReferenceData;
import dev.gradus.diffusion.experiment.Experiment;
import dev.gradus.diffusion.experiment.ExperimentListener;
import dev.gradus.diffusion.experiment.ExperimentPlan;
import dev.gradus.diffusion.experiment.ExperimentResult;
import dev.gradus.diffusion.train.ImageGenerator;
import dev.gradus.diffusion.train.RunFolderException;
import dev.gradus.diffusion.train.TrainListener;
import dev.gradus.torch.Device;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.logging.log4j.LogManager;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Compares settings over seeds. */
@Command(
        name = "experiment",
        description = {
            "Compare settings over seeds.",
            "",
            "FILE.yaml names arms, each what it changes of a common configuration, and seeds. Every arm is trained with"
                    + " every seed, one run after another, and the checkpoints are scored. The folder gets the runs,"
                    + " results.csv, results.json, charts and summary.md. Stopped at any point, the same command goes"
                    + " on.",
            ""
        })
final class ExperimentCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE.yaml", description = "The plan; docs/experiments.md describes it.")
    private Path file;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "The folder of the experiment (default: runs/NAME, with the name of the file).")
    private Path out;

    @Option(names = "--steps", paramLabel = "N", description = "Training steps of every arm, instead of the file's.")
    private String steps;

    @Option(names = "--summary", description = "Do no work: write tables and charts of what there is so far.")
    private boolean summaryOnly;

    @Mixin
    private FeatureOptions features;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private Main main;

    @Override
    public Integer call() throws IOException {
        Arguments.requireFile("FILE.yaml", file);
        features.check();
        ExperimentPlan plan = ExperimentFile.read(file, steps);
        Path folder = out != null
                ? out
                : Path.of("runs", file.getFileName().toString().replaceFirst("\\.ya?ml$", ""));
        if (summaryOnly && !Files.isDirectory(folder)) {
            throw new UsageException("--summary: there is no experiment in " + folder
                    + " yet; run it without --summary first, or name its folder with --out");
        }
        Logging.start(main.verbose());
        Optional<ExperimentResult> result;
        try (Reports reports = new Reports()) {
            Experiment experiment = open(plan, folder, reports);
            if (summaryOnly) {
                result = Optional.of(experiment.results());
            } else {
                main.onInterrupt(() -> {
                    LogManager.getLogger(ExperimentCommand.class)
                            .info("stopping; the same command goes on; Ctrl-C again ends at once");
                    experiment.requestStop();
                });
                result = run(experiment, plan);
            }
        }
        PrintWriter stdout = spec.commandLine().getOut();
        if (result.isEmpty()) {
            stdout.printf("Stopped. To go on: the same command.%n");
            stdout.flush();
            return ExitCode.INTERRUPTED;
        }
        result.get().write(folder);
        stdout.print(result.get().summary());
        stdout.printf("%nWritten to %s%n", folder);
        stdout.flush();
        return ExitCode.DONE;
    }

    private static Experiment open(ExperimentPlan plan, Path folder, ExperimentListener listener) throws IOException {
        try {
            return new Experiment(
                    plan, folder, listener, config -> YamlWriter.write(config, "All settings of this run, resolved."));
        } catch (RunFolderException e) {
            throw new UsageException("--out: " + e.getMessage(), e);
        }
    }

    /** All arms have the data of the first: scores of other data could not be compared. */
    private Optional<ExperimentResult> run(Experiment experiment, ExperimentPlan plan) throws IOException {
        TrainConfig first = plan.arms().getFirst().config();
        Device device = Devices.resolve(first.device());
        EvaluationCache cache = features.cache();
        Scoring scoring = new Scoring(device, cache, first);
        try (scoring) {
            return experiment.run((config, weights) -> scoring.score(config, weights, plan));
        }
    }

    /** Features and reference, made when the first checkpoint is scored. */
    private final class Scoring implements AutoCloseable {
        private final Device device;
        private final EvaluationCache cache;
        private final TrainConfig first;
        private ReferenceData reference;
        private FeatureExtractor extractor;
        private Evaluator evaluator;

        Scoring(Device device, EvaluationCache cache, TrainConfig first) {
            this.device = device;
            this.cache = cache;
            this.first = first;
        }

        Evaluation score(TrainConfig config, Path weights, ExperimentPlan plan) throws IOException {
            if (evaluator == null) {
                reference =
                        ReferenceData.open(first.data(), first.model().sampleSize(), EvaluationProgress.NONE::update);
                extractor = features.open(reference, cache, device, EvaluationProgress.NONE);
                EvaluationOptions options = EvaluationOptions.defaults()
                        .withMetrics(EnumSet.copyOf(plan.scoring().metrics()));
                evaluator = Evaluator.open(reference, extractor, options, cache, EvaluationProgress.NONE);
            }
            try (ImageGenerator images = ImageGenerator.open(config, weights, device)) {
                return evaluator.evaluate(
                        ImageSource.drawn(
                                images, config.sampling(), plan.scoring().seed(), reference.images()),
                        plan.scoring().count(),
                        plan.scoring().seed(),
                        EvaluationProgress.NONE);
            }
        }

        @Override
        public void close() {
            if (evaluator != null) {
                evaluator.close();
            }
            if (extractor != null) {
                extractor.close();
            }
        }
    }

    /** Shows runs as 'gradus train' does, and a line for each score. */
    private static final class Reports implements ExperimentListener, AutoCloseable {
        private final Terminal terminal = Terminal.ofStandardError();
        private Progress progress;

        @Override
        public void runStarted(String arm, long seed, int number, int runs) {
            close();
            LogManager.getLogger(ExperimentCommand.class)
                    .info("run {} of {}: {} with seed {}", number, runs, arm, seed);
        }

        @Override
        public TrainListener training() {
            progress = Progress.on(terminal);
            return progress;
        }

        @Override
        public void scored(String arm, long seed, long step, Evaluation evaluation) {
            StringBuilder scores = new StringBuilder();
            evaluation
                    .scores()
                    .forEach(score -> scores.append("  ")
                            .append(score.label())
                            .append(' ')
                            .append(String.format(Locale.ROOT, "%.4g", score.value())));
            LogManager.getLogger(ExperimentCommand.class).info("{} with seed {}, step {}:{}", arm, seed, step, scores);
        }

        @Override
        public void close() {
            if (progress != null) {
                progress.close();
                progress = null;
            }
        }
    }
}
