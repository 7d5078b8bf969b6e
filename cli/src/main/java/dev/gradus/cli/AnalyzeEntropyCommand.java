package dev.gradus.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.cli.config.RecordMapper;
import dev.gradus.cli.config.Settings;
import dev.gradus.cli.output.Logging;
import dev.gradus.cli.output.TaskProgress;
import dev.gradus.cli.output.Terminal;
import dev.gradus.diffusion.analysis.EntropyCurve;
import dev.gradus.diffusion.analysis.EntropyFiles;
import dev.gradus.diffusion.analysis.EntropyOptions;
import dev.gradus.diffusion.analysis.EntropyPoint;
import dev.gradus.diffusion.analysis.TimeGrid;
import dev.gradus.diffusion.config.ConfigNames;
import dev.gradus.diffusion.config.DataConfig;
import dev.gradus.diffusion.config.ScheduleConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.data.Datasets;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Estimates the relative entropy between neighbouring noise levels. */
@Command(
        name = "entropy",
        description = {
            "Estimate the relative entropy D_KL(q[t-1] || q[t]) between the noisy data of neighbouring noise levels.",
            "",
            "Two curves over t: of the images themselves, by Monte Carlo with a 95 %% interval, and of the Gaussian"
                + " with their mean and covariance, in closed form. Writes entropy.csv, entropy.png, and entropy.json,"
                + " which 'curriculum.clustering: difficulty' can read.",
            ""
        })
final class AnalyzeEntropyCommand implements Callable<Integer> {
    @Option(names = "--data", paramLabel = "fashion-mnist|DIR", description = "The images.")
    private String data;

    @Option(
            names = "--image-size",
            paramLabel = "N",
            description = "Height and width of the images (default: model.sampleSize).")
    private Integer imageSize;

    @Option(names = "--schedule", paramLabel = "KIND", description = "The noise schedule, as schedule.kind.")
    private String schedule;

    @Option(
            names = "--timesteps",
            paramLabel = "T",
            description = "Noise levels in all. A schedule without timesteps is cut into as many equal parts.")
    private String timesteps;

    @Option(
            names = "--points",
            paramLabel = "N",
            defaultValue = "40",
            description =
                    "Compute at about N timesteps, close together at low t; 0: at all (default: ${DEFAULT-VALUE}).")
    private int points;

    @Option(names = "--at", paramLabel = "T", split = ",", description = "Compute at these timesteps instead.")
    private List<Integer> at;

    @Option(
            names = "--samples",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Draws of the Monte Carlo estimate (default: ${DEFAULT-VALUE}).")
    private int samples;

    @Option(
            names = "--images",
            paramLabel = "N",
            defaultValue = "0",
            description = "Take only the first N images as the data set; 0: all (default: ${DEFAULT-VALUE}).")
    private long images;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "Determines the draws.")
    private long seed;

    @Option(
            names = "--memory",
            paramLabel = "MB",
            defaultValue = "512",
            description = "Memory for tensors. The Gaussian curve is left out where it needs more (default:"
                    + " ${DEFAULT-VALUE}).")
    private long memory;

    @Option(names = "--device", paramLabel = "auto|cpu|cuda", defaultValue = "auto", description = "Where to compute.")
    private String device;

    @Option(names = "--threads", paramLabel = "N", description = "CPU threads (default: as many as libtorch chooses).")
    private Integer threads;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "The folder for the results.")
    private Path out;

    @Mixin
    private ConfigOptions config;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private AnalyzeCommand parent;

    /**
     * What of a configuration matters here.
     *
     * @param data the images
     * @param schedule the noise schedule
     */
    public record Subject(DataConfig data, ScheduleConfig schedule) {}

    @Override
    public Integer call() throws IOException {
        TrainConfig base = config.resolve();
        Settings settings = DataOption.apply(data, new Settings())
                .addOption("--schedule", "schedule.kind", schedule)
                .addOption("--timesteps", "schedule.timesteps", timesteps);
        Subject subject = RecordMapper.apply(new Subject(base.data(), base.schedule()), settings);
        TimeGrid grid = usage(
                "--timesteps",
                () -> new TimeGrid(
                        NoiseSchedule.of(subject.schedule()), subject.schedule().timesteps()));
        int[] cells = cells(grid);
        EntropyOptions options =
                usage("", () -> new EntropyOptions(samples, images, seed, memory << 20, Devices.resolve(device)));
        Logging.start(parent.main().verbose());
        if (threads != null) {
            Torch.setNumThreads(threads);
        }
        EntropyCurve curve;
        try (TaskProgress progress = TaskProgress.on(Terminal.ofStandardError())) {
            int size = imageSize == null ? base.model().sampleSize() : imageSize;
            ImageDataset dataset = Datasets.open(subject.data(), size, false, progress::update);
            curve = usage("", () -> EntropyCurve.estimate(dataset, grid, cells, options, progress::update));
        }
        EntropyFiles.write(curve, out, about(subject));
        report(curve);
        return ExitCode.DONE;
    }

    private int[] cells(TimeGrid grid) {
        if (at == null) {
            if (points < 0) {
                throw new UsageException("--points: must be at least 0, is " + points);
            }
            return grid.spread(points);
        }
        int[] cells =
                at.stream().mapToInt(Integer::intValue).sorted().distinct().toArray();
        if (cells[0] < 1 || cells[cells.length - 1] >= grid.cells()) {
            throw new UsageException(
                    "--at: timesteps must lie in [1, " + (grid.cells() - 1) + "], are " + Arrays.toString(cells));
        }
        return cells;
    }

    @FunctionalInterface
    private interface Making<T> {
        T make() throws IOException;
    }

    /** What a library refuses as an argument was an option here. */
    private static <T> T usage(String option, Making<T> making) throws IOException {
        try {
            return making.make();
        } catch (IllegalArgumentException e) {
            throw new UsageException((option.isEmpty() ? "" : option + ": ") + e.getMessage(), e);
        }
    }

    private static ObjectNode about(Subject subject) {
        ObjectNode about = JsonNodeFactory.instance.objectNode();
        about.put(
                "data",
                subject.data().path() == null ? "fashion-mnist" : subject.data().path());
        about.put("schedule", ConfigNames.of(subject.schedule().kind()));
        return about;
    }

    private void report(EntropyCurve curve) {
        PrintWriter writer = spec.commandLine().getOut();
        writer.printf(
                Locale.ROOT,
                "%d images of %d values, %d draws, 95 %% intervals, in nats%n",
                curve.images(),
                curve.dimension(),
                curve.options().samples());
        writer.printf(Locale.ROOT, "%10s %12s %25s %12s%n", "t", "images", "interval", "Gaussian");
        for (EntropyPoint point : curve.points()) {
            var mixture = point.mixture().chosen();
            writer.printf(
                    Locale.ROOT,
                    "%10.4g %12.4g  [%10.4g, %10.4g] %12s%n",
                    point.transition().t(),
                    mixture.value(),
                    mixture.low(),
                    mixture.high(),
                    Double.isNaN(point.gaussian()) ? "-" : String.format(Locale.ROOT, "%.4g", point.gaussian()));
        }
        if (!curve.hasGaussian()) {
            writer.println("The covariance does not fit into --memory, so there is no Gaussian curve.");
        }
        writer.printf(Locale.ROOT, "written     %s%n", out.resolve("entropy.{csv,json,png}"));
        writer.flush();
    }
}
