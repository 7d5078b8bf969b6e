package dev.gradus.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gradus.cli.output.Terminal;
import dev.gradus.cli.output.TextChart;
import dev.gradus.diffusion.report.RunLog;
import dev.gradus.diffusion.train.RunFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.DoubleBinaryOperator;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Draws a run on the terminal. */
@Command(
        name = "show",
        description = {
            "Draw the loss of a run, and which times it trains, with characters.",
            "",
            "It reads the folder only, also while a training is under way. Colours are for terminals, unless NO_COLOR"
                    + " is set.",
            ""
        })
final class ShowCommand implements Callable<Integer> {
    private static final int MOST_HEIGHT = 60;

    @Parameters(paramLabel = "RUN", description = "The folder of a training run.")
    private Path run;

    @Option(names = "--height", paramLabel = "ROWS", defaultValue = "10", description = "Of each chart (default: 10).")
    private int height;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        RunFolder folder = Arguments.runFolder("RUN", run);
        if (height < 2 || height > MOST_HEIGHT) {
            throw new UsageException("--height: must be from 2 to " + MOST_HEIGHT + ", is " + height);
        }
        show(folder, RunLog.read(folder.files()), Terminal.ofStandardOutput());
        return ExitCode.DONE;
    }

    private void show(RunFolder folder, RunLog log, Terminal terminal) {
        PrintWriter out = spec.commandLine().getOut();
        Optional<JsonNode> last = log.last();
        if (last.isEmpty()) {
            out.println(folder.path() + ": nothing is logged yet");
            out.flush();
            return;
        }
        out.println(folder.path());
        summary(last.get(), log).forEach(out::println);
        TextChart chart = new TextChart(terminal, height);
        double[] steps = values(log.metrics(), line -> line.path("step").asDouble(Double.NaN));
        out.println("\nloss, over the steps");
        chart.line(steps, values(log.metrics(), line -> line.path("loss").asDouble(Double.NaN)), true)
                .forEach(out::println);
        List<JsonNode> stages = log.stages().stream()
                .filter(stage -> stage.path("active").path(0).path(1).isNumber())
                .toList();
        if (!stages.isEmpty() && stages.getFirst().path("stages").asInt() > 1) {
            out.println("\ntimes t that are drawn, over the steps");
            chart.band(
                            values(stages, stage -> stage.path("step").asDouble()),
                            values(stages, stage -> edge(stage, 0, Math::min)),
                            values(stages, stage -> edge(stage, 1, Math::max)),
                            steps[steps.length - 1])
                    .forEach(out::println);
        }
        out.flush();
    }

    private static List<String> summary(JsonNode last, RunLog log) {
        int stages = log.stages().isEmpty()
                ? 1
                : log.stages().getLast().path("stages").asInt(1);
        String loss = last.path("loss").isNumber()
                ? String.format(Locale.ROOT, "%.4g", last.path("loss").asDouble())
                : "none";
        return List.of(
                String.format(
                        Locale.ROOT,
                        "step %d, stage %d of %d, loss %s",
                        last.path("step").asLong(),
                        last.path("stage").asInt(),
                        stages,
                        loss),
                String.format(
                        Locale.ROOT,
                        "%.0f images/s, %.2f %% of the time waiting for images",
                        last.path("imagesPerSecond").asDouble(),
                        100 * last.path("dataWait").asDouble()));
    }

    private static double[] values(List<JsonNode> lines, ToDoubleFunction<JsonNode> value) {
        return lines.stream().mapToDouble(value).toArray();
    }

    /** The outermost edge of all ranges of a stage. */
    private static double edge(JsonNode stage, int which, DoubleBinaryOperator outer) {
        double edge = stage.path("active").path(0).path(which).asDouble();
        for (JsonNode range : stage.path("active")) {
            edge = outer.applyAsDouble(edge, range.path(which).asDouble());
        }
        return edge;
    }
}
