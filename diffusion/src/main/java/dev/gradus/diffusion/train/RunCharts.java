package dev.gradus.diffusion.train;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gradus.diffusion.chart.Axis;
import dev.gradus.diffusion.chart.Chart;
import dev.gradus.diffusion.report.RunLog;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The charts of a run: {@code charts/loss.png}, and {@code charts/stages.png} where there is more than one stage. */
final class RunCharts {
    private RunCharts() {}

    /**
     * Draws what the run's files hold so far.
     *
     * @throws IOException if they cannot be read, or the charts cannot be written
     */
    static void draw(RunFolder folder) throws IOException {
        List<JsonNode> metrics = RunLog.lines(folder.metricsFile());
        if (metrics.isEmpty()) {
            return;
        }
        Files.createDirectories(folder.chart("loss").getParent());
        double[] steps = values(metrics, line -> line.path("step").asDouble());
        new Chart("Training loss of what is drawn", Axis.linear("training step"), Axis.logarithmic("loss"))
                .line("loss", steps, values(metrics, line -> line.path("loss").asDouble(Double.NaN)))
                .writePng(folder.chart("loss"));
        List<JsonNode> stages = RunLog.lines(folder.stagesFile());
        if (stages.isEmpty() || stages.getFirst().path("stages").asInt() == 1) {
            return;
        }
        drawStages(stages, steps[steps.length - 1]).writePng(folder.chart("stages"));
    }

    /** The times that are drawn at each step, as bands: one for each range that the widest stage has. */
    private static Chart drawStages(List<JsonNode> stages, double lastStep) {
        Chart chart = new Chart("Times that are drawn", Axis.linear("training step"), Axis.linear("t"));
        int most = stages.stream()
                .mapToInt(stage -> stage.path("active").size())
                .max()
                .orElse(0);
        for (int range = 0; range < most; range++) {
            List<double[]> points = new ArrayList<>();
            for (int i = 0; i < stages.size(); i++) {
                JsonNode active = stages.get(i).path("active").path(range);
                double begin = stages.get(i).path("step").asDouble();
                double end =
                        i + 1 < stages.size() ? stages.get(i + 1).path("step").asDouble() : Math.max(begin, lastStep);
                double low =
                        active.isMissingNode() ? Double.NaN : active.path(0).asDouble();
                double high =
                        active.isMissingNode() ? Double.NaN : active.path(1).asDouble();
                points.add(new double[] {begin, low, high});
                points.add(new double[] {end, low, high});
            }
            double[] steps = points.stream().mapToDouble(point -> point[0]).toArray();
            double[] lows = points.stream().mapToDouble(point -> point[1]).toArray();
            double[] highs = points.stream().mapToDouble(point -> point[2]).toArray();
            chart.line(most == 1 ? "lowest t" : "range " + (range + 1), steps, lows, lows, highs);
        }
        return chart;
    }

    private static double[] values(List<JsonNode> lines, ToDoubleFunction<JsonNode> value) {
        return lines.stream().mapToDouble(value).toArray();
    }
}
