package dev.gradus.cli;

import dev.gradus.cli.config.ConfigVersion;
import dev.gradus.cli.config.RecordMapper;
import dev.gradus.cli.config.Settings;
import dev.gradus.cli.output.Logging;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.train.PostHocEma;
import dev.gradus.diffusion.train.RunFolder;
import dev.gradus.diffusion.train.RunFolderException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Makes averages of any length from the snapshots of a run. */
@Command(
        name = "ema",
        description = {
            "Make an average of the weights of a run, of any length, after the training.",
            "",
            "The run must have been trained with snapshots: --set ema.power=0.05,0.1 --set ema.snapshotEvery=500. The"
                    + " folder that is printed can be given to 'gradus sample --model'.",
            ""
        })
final class EmaCommand implements Callable<Integer> {
    private static final Logger LOGGER = LogManager.getLogger(EmaCommand.class);

    /** The part of a profile from which on an average is another one than was asked for. */
    private static final double POOR = 0.05;

    @Option(names = "--run", paramLabel = "DIR", required = true, description = "The folder of a training run.")
    private Path run;

    @Option(
            names = "--std",
            paramLabel = "X",
            description =
                    "The width of the average as a part of the training, up to 0.28: its standard deviation. 0.1 is"
                            + " about the last fifth.")
    private Double std;

    @Option(
            names = "--half-life",
            paramLabel = "IMAGES",
            description = "Or the number of the last images that have a half of the weight.")
    private Double halfLife;

    @Option(names = "--step", paramLabel = "N", description = "The step at which it ends (default: the last snapshot).")
    private Long step;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private Main main;

    @Override
    public Integer call() throws IOException {
        if ((std == null) == (halfLife == null)) {
            throw new UsageException(
                    std == null ? "give --std X or --half-life IMAGES" : "give --std or --half-life, not both");
        }
        Logging.start(main.verbose());
        Arguments.requireFolder("--run", run);
        PostHocEma ema = open();
        PostHocEma.Wanted wanted = wanted(ema);
        PostHocEma.Result result = ema.write(wanted);
        LOGGER.info(String.format(
                Locale.ROOT,
                "deviation %.4f of %d steps, from %d snapshots; the profile is met to %.2g %%",
                wanted.deviation(),
                wanted.step(),
                result.snapshots(),
                100 * result.error()));
        if (result.error() > POOR) {
            LOGGER.warn(
                    "the snapshots are too few or their deviations too different to make this average well; take them"
                            + " more often (ema.snapshotEvery)");
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println(result.weights());
        out.flush();
        return ExitCode.DONE;
    }

    private PostHocEma open() throws IOException {
        try {
            return PostHocEma.open(RunFolder.existing(run));
        } catch (RunFolderException e) {
            throw new UsageException("--run: " + e.getMessage(), e);
        }
    }

    private PostHocEma.Wanted wanted(PostHocEma ema) throws IOException {
        long end = step != null ? step : ema.lastStep();
        try {
            return std != null ? ema.ofDeviation(std, end) : ema.ofHalfLife(halfLife, batchSize(), end);
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage(), e);
        }
    }

    private int batchSize() throws IOException {
        Settings settings = new Settings();
        settings.add(ConfigVersion.read(run.resolve("config.yaml")));
        return RecordMapper.apply(TrainConfig.defaults(), settings).batchSize();
    }
}
