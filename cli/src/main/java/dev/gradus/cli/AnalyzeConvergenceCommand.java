package dev.gradus.cli;

import dev.gradus.cli.config.RecordMapper;
import dev.gradus.cli.config.Setting;
import dev.gradus.cli.config.Settings;
import dev.gradus.cli.output.Logging;
import dev.gradus.cli.output.Progress;
import dev.gradus.cli.output.Terminal;
import dev.gradus.diffusion.analysis.Convergence;
import dev.gradus.diffusion.analysis.ConvergenceFiles;
import dev.gradus.diffusion.analysis.ConvergenceListener;
import dev.gradus.diffusion.analysis.ConvergencePlan;
import dev.gradus.diffusion.analysis.ConvergenceResult;
import dev.gradus.diffusion.analysis.Spread;
import dev.gradus.diffusion.analysis.ValidationCurve;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.curriculum.TimestepRange;
import dev.gradus.diffusion.train.RunFolderException;
import dev.gradus.diffusion.train.StepReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Trains a fresh model for each cluster of noise levels and measures how fast its loss converges. */
@Command(
        name = "convergence",
        description = {
            "Train a fresh model for each cluster of noise levels and seed, and measure how fast its loss converges.",
            "",
            "Writes curves.csv, convergence.csv, loss.png, steps.png, and convergence.json, which"
                + " 'curriculum.clustering: difficulty' can read. Stopped at any point, the same command goes on. The"
                + " learning rate is constant after its warm-up, unless --config or --set says otherwise: one that"
                + " falls towards the end would bend all curves alike.",
            ""
        })
final class AnalyzeConvergenceCommand implements Callable<Integer> {
    @Option(names = "--clusters", paramLabel = "N", description = "Clusters of noise levels, as curriculum.clusters.")
    private String clusters;

    @Option(names = "--steps", paramLabel = "S", description = "Training steps of each model.")
    private String steps;

    @Option(
            names = "--seeds",
            paramLabel = "K",
            defaultValue = "3",
            description = "Models of each cluster (default: ${DEFAULT-VALUE}).")
    private int seeds;

    @Option(
            names = "--evaluations",
            paramLabel = "N",
            defaultValue = "40",
            description = "Measure the loss about so many times, more often at first (default: ${DEFAULT-VALUE}).")
    private int evaluations;

    @Option(
            names = "--held-out",
            paramLabel = "N",
            defaultValue = "512",
            description =
                    "Images at the end of the data that are not trained on but measured (default: ${DEFAULT-VALUE}).")
    private int heldOut;

    @Option(
            names = "--tolerance",
            paramLabel = "X",
            defaultValue = "0.05",
            description =
                    "A loss has converged when what it has still to fall is below this part of what it falls in all"
                            + " (default: ${DEFAULT-VALUE}).")
    private double tolerance;

    @Option(
            names = "--checkpoints",
            paramLabel = "N",
            defaultValue = "4",
            description =
                    "Checkpoints of each model, to go on from and for 'analyze quality' (default: ${DEFAULT-VALUE}).")
    private int checkpoints;

    @Option(
            names = "--keep",
            paramLabel = "K",
            defaultValue = "1",
            description = "Keep the checkpoints of the first K seeds (default: ${DEFAULT-VALUE}).")
    private int keep;

    @Option(names = "--device", paramLabel = "auto|cpu|cuda", description = "Where to train.")
    private String device;

    @Option(names = "--threads", paramLabel = "N", description = "CPU threads (0: as many as libtorch chooses).")
    private String threads;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "The folder for the study.")
    private Path out;

    @Mixin
    private ConfigOptions config;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private AnalyzeCommand parent;

    @Override
    public Integer call() throws IOException {
        ConvergencePlan plan =
                new ConvergencePlan(configuration(), seeds, evaluations, heldOut, tolerance, checkpoints, keep);
        Logging.start(parent.main().verbose());
        Optional<ConvergenceResult> result;
        try (Progress progress = Progress.on(Terminal.ofStandardError())) {
            Convergence study = open(plan, new Models(progress));
            parent.main().onInterrupt(study::requestStop);
            result = study.run();
        }
        PrintWriter writer = spec.commandLine().getOut();
        if (result.isEmpty()) {
            writer.println("Stopped. The same command goes on.");
            writer.flush();
            return ExitCode.INTERRUPTED;
        }
        ConvergenceFiles.write(result.get(), out);
        report(result.get(), writer);
        return ExitCode.DONE;
    }

    private TrainConfig configuration() {
        Settings settings = config.settings(
                        List.of(Setting.option("analyze convergence", "optimizer.lrSchedule", "constant")))
                .addOption("--clusters", "curriculum.clusters", clusters)
                .addOption("--steps", "steps", steps)
                .addOption("--device", "device", device)
                .addOption("--threads", "threads", threads);
        return RecordMapper.apply(TrainConfig.defaults(), settings);
    }

    /** A folder that cannot be used is wrong usage: nothing was begun. */
    private Convergence open(ConvergencePlan plan, ConvergenceListener listener) throws IOException {
        try {
            return new Convergence(plan, out, listener);
        } catch (RunFolderException e) {
            throw new UsageException("--out: " + e.getMessage(), e);
        }
    }

    /** Shows the training of one model after the other. */
    private static final class Models implements ConvergenceListener {
        private static final Logger LOGGER = LogManager.getLogger(AnalyzeConvergenceCommand.class);

        private final Progress progress;

        Models(Progress progress) {
            this.progress = progress;
        }

        @Override
        public void modelStarted(int number, int models, int cluster, TimestepRange range, long seed) {
            LOGGER.info(
                    "model {} of {}: cluster {}, t from {} to {}, seed {}",
                    number,
                    models,
                    cluster,
                    String.format(Locale.ROOT, "%.4g", range.from()),
                    String.format(Locale.ROOT, "%.4g", range.to()),
                    seed);
        }

        @Override
        public void preparing(String what, long done, long total) {
            progress.preparing(what, done, total);
        }

        @Override
        public void started(long step, long steps, int stages, String device) {
            progress.started(step, steps, stages, device);
        }

        @Override
        public void stepLogged(StepReport report) {
            progress.stepLogged(report);
        }
    }

    private void report(ConvergenceResult result, PrintWriter writer) {
        writer.printf(
                Locale.ROOT,
                "%d seeds, %d steps each; steps until the loss stays within %.3g %% of its end:%n",
                seeds,
                result.plan().config().steps(),
                100 * tolerance);
        writer.printf("%21s %20s %20s%n", "t", "loss", "steps");
        for (int i = 0; i < result.clusters().size(); i++) {
            TimestepRange range = result.clusters().get(i);
            Spread converged = result.steps(i);
            writer.printf(
                    Locale.ROOT,
                    "%9.4g to %8.4g %9.4g -> %7.4g %9.1f +- %6.1f%n",
                    range.from(),
                    range.to(),
                    result.over(i, ValidationCurve::start).mean(),
                    result.over(i, ValidationCurve::end).mean(),
                    converged.mean(),
                    converged.deviation());
        }
        writer.printf("written     %s%n", out.resolve("{curves,convergence}.csv, convergence.json, {loss,steps}.png"));
        writer.flush();
    }
}
