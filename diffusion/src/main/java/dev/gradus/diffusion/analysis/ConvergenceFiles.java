package dev.gradus.diffusion.analysis;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.chart.Axis;
import dev.gradus.diffusion.chart.Chart;
import dev.gradus.diffusion.curriculum.TimestepRange;
import dev.gradus.diffusion.internal.AtomicFiles;
import dev.gradus.diffusion.internal.Csv;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Writes a {@link ConvergenceResult}: {@code curves.csv} (every loss), {@code convergence.csv} (a row a cluster), {@code
 * convergence.json} (both, and the key {@code difficulty} that the curriculum reads), and the charts {@code loss.png} and
 * {@code steps.png}.
 */
public final class ConvergenceFiles {
    private ConvergenceFiles() {}

    /** Writes the files, each of which appears whole or not at all, into an existing folder. */
    public static void write(ConvergenceResult result, Path folder) throws IOException {
        Path target = folder.toAbsolutePath();
        curves(result).write(target.resolve("curves.csv"));
        table(result).write(target.resolve("convergence.csv"));
        String json = json(result).toPrettyString() + "\n";
        AtomicFiles.file(target.resolve("convergence.json"), file -> Files.writeString(file, json));
        lossChart(result).writePng(target.resolve("loss.png"));
        stepsChart(result).writePng(target.resolve("steps.png"));
    }

    private static Csv curves(ConvergenceResult result) {
        Csv csv = new Csv("cluster", "from", "to", "seed", "step", "loss", "normalised");
        for (int cluster = 0; cluster < result.clusters().size(); cluster++) {
            TimestepRange range = result.clusters().get(cluster);
            for (int seed = 0; seed < result.plan().seeds(); seed++) {
                ValidationCurve curve = result.curves().get(cluster).get(seed);
                double[] normalised = curve.normalised();
                for (int i = 0; i < normalised.length; i++) {
                    ValidationCurve.Point point = curve.points().get(i);
                    csv.row(
                            cluster,
                            range.from(),
                            range.to(),
                            result.plan().config().seed() + seed,
                            point.step(),
                            point.loss(),
                            normalised[i]);
                }
            }
        }
        return csv;
    }

    private static Csv table(ConvergenceResult result) {
        Csv csv = new Csv(
                "cluster",
                "from",
                "to",
                "steps_mean",
                "steps_deviation",
                "steps_least",
                "steps_most",
                "loss_start",
                "loss_end",
                "loss_end_deviation");
        for (int i = 0; i < result.clusters().size(); i++) {
            Spread steps = result.steps(i);
            Spread end = result.over(i, ValidationCurve::end);
            csv.row(
                    i,
                    result.clusters().get(i).from(),
                    result.clusters().get(i).to(),
                    steps.mean(),
                    steps.deviation(),
                    steps.least(),
                    steps.most(),
                    result.over(i, ValidationCurve::start).mean(),
                    end.mean(),
                    end.deviation());
        }
        return csv;
    }

    private static ObjectNode json(ConvergenceResult result) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("analysis", "convergence");
        json.put("tolerance", result.plan().tolerance());
        json.put("seeds", result.plan().seeds());
        ArrayNode clusters = json.putArray("clusters");
        for (int i = 0; i < result.clusters().size(); i++) {
            Spread steps = result.steps(i);
            ObjectNode cluster = clusters.addObject();
            cluster.put("from", result.clusters().get(i).from())
                    .put("to", result.clusters().get(i).to())
                    .put("steps", Double.isNaN(steps.mean()) ? null : steps.mean())
                    .put("deviation", steps.deviation())
                    .put("converged", steps.count());
            ArrayNode curves = cluster.putArray("curves");
            for (ValidationCurve curve : result.curves().get(i)) {
                ArrayNode points = curves.addArray();
                curve.points()
                        .forEach(point -> points.addArray().add(point.step()).add(point.loss()));
            }
        }
        json.set("difficulty", DifficultyJson.of(result.difficulty()));
        json.set("plan", result.plan().identity());
        return json;
    }

    /** The normalised curves, each the mean of its seeds in a band of their spread. */
    private static Chart lossChart(ConvergenceResult result) {
        Chart chart = new Chart(
                "Validation loss of models that train one cluster of noise levels each",
                Axis.logarithmic("training step"),
                Axis.linear("loss: 1 before training, 0 at the end"));
        for (int i = 0; i < result.clusters().size(); i++) {
            List<double[]> curves = result.curves().get(i).stream()
                    .map(ValidationCurve::normalised)
                    .toList();
            double[] steps = result.curves().get(i).getFirst().points().stream()
                    .mapToDouble(ValidationCurve.Point::step)
                    .toArray();
            List<Spread> spreads = IntStream.range(0, steps.length)
                    .mapToObj(k -> Spread.of(curves.stream().mapToDouble(curve -> curve[k])))
                    .toList();
            chart.line(
                    label(result.clusters().get(i)),
                    steps,
                    spreads.stream().mapToDouble(Spread::mean).toArray(),
                    spreads.stream().mapToDouble(Spread::least).toArray(),
                    spreads.stream().mapToDouble(Spread::most).toArray());
        }
        return chart;
    }

    private static Chart stepsChart(ConvergenceResult result) {
        List<Spread> spreads = IntStream.range(0, result.clusters().size())
                .mapToObj(result::steps)
                .toList();
        double[] middles = result.clusters().stream()
                .mapToDouble(cluster -> (cluster.from() + cluster.to()) / 2)
                .toArray();
        return new Chart(
                        String.format(
                                Locale.ROOT,
                                "Steps until the loss stays within %.3g %% of its end",
                                100 * result.plan().tolerance()),
                        Axis.linear("time t, middle of the cluster (right: more noise)"),
                        Axis.fromZero("training steps"))
                .markPoints()
                .line(
                        "steps",
                        middles,
                        spreads.stream().mapToDouble(Spread::mean).toArray(),
                        spreads.stream().mapToDouble(Spread::least).toArray(),
                        spreads.stream().mapToDouble(Spread::most).toArray());
    }

    private static String label(TimestepRange range) {
        return String.format(Locale.ROOT, "t %.4g to %.4g", range.from(), range.to());
    }
}
