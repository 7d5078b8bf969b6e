package dev.gradus.cli;

import dev.gradus.cli.config.YamlWriter;
import dev.gradus.cli.output.Texts;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.data.Datasets;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.train.RunEstimate;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;

/** Tells what a training run would be. */
final class DryRun {
    private DryRun() {}

    /** Prints the configuration as YAML, with the rest in comments, so that all of it can be saved as a configuration. */
    static int print(TrainConfig config, PrintWriter out) throws IOException {
        ImageDataset dataset = Datasets.open(
                config.data(), config.model().sampleSize(), config.model().numClassEmbeds() != null, (_, _, _) -> {});
        RunEstimate estimate = RunEstimate.of(config, dataset);
        out.print(YamlWriter.write(config, "All settings of this run, resolved."));
        out.println();
        estimate.parameters().forEach((part, count) -> line(out, "parameters", "%s: %,d", part, count));
        double perEpoch = estimate.stepsPerEpoch(config);
        line(
                out,
                "data",
                "%,d images of %d x %d x %d",
                dataset.size(),
                dataset.channels(),
                dataset.height(),
                dataset.width());
        line(
                out,
                "epochs",
                "%,.1f steps each; %,d steps are %.2f",
                perEpoch,
                config.steps(),
                config.steps() / perEpoch);
        line(
                out,
                "memory",
                "%s held (weights, gradients, optimizer, averages), %s for a step of %d images,"
                        + " about 500 MB for Java and libtorch; buffers of libraries can add half a step's",
                Texts.bytes(estimate.stateBytes()),
                Texts.bytes(estimate.stepBytes()),
                config.batchSize());
        out.flush();
        return ExitCode.DONE;
    }

    private static void line(PrintWriter out, String name, String format, Object... values) {
        out.printf("# %-12s%s%n", name, String.format(Locale.ROOT, format, values));
    }
}
