package dev.gradus.diffusion.analysis;

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
import java.util.Locale;

/** Writes a {@link QualityResult}: {@code quality.csv}, {@code quality.json} and the chart {@code quality.png}. */
public final class QualityFiles {
    private QualityFiles() {}

    /** Writes the files, each of which appears whole or not at all, into an existing folder. */
    public static void write(QualityResult result, Path folder) throws IOException {
        Path target = folder.toAbsolutePath();
        Csv csv = new Csv("cluster", "from", "to", "seed", "step", "score", "normalised");
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("analysis", "quality")
                .put("metric", result.metric())
                .put("images", result.images())
                .put("fullModel", result.fullModel());
        var experts = json.putArray("experts");
        Chart chart = new Chart(
                        result.metric() + " with a partly trained expert in one interval, " + result.images()
                                + " images",
                        Axis.linear("training steps of the expert"),
                        Axis.fromZero(result.metric()))
                .markPoints();
        result.curves()
                .forEach((cluster, seeds) -> seeds.forEach((seed, curve) -> {
                    TimestepRange range = result.ranges().get(cluster);
                    ObjectNode expert =
                            experts.addObject().put("cluster", cluster).put("seed", seed);
                    expert.put("from", range.from()).put("to", range.to());
                    var points = expert.putArray("points");
                    double[] normalised = curve.normalised();
                    for (int i = 0; i < normalised.length; i++) {
                        ValidationCurve.Point point = curve.points().get(i);
                        csv.row(cluster, range.from(), range.to(), seed, point.step(), point.loss(), normalised[i]);
                        points.addArray().add(point.step()).add(point.loss());
                    }
                    chart.line(
                            String.format(Locale.ROOT, "t %.4g to %.4g, seed %d", range.from(), range.to(), seed),
                            curve.points().stream()
                                    .mapToDouble(ValidationCurve.Point::step)
                                    .toArray(),
                            curve.points().stream()
                                    .mapToDouble(ValidationCurve.Point::loss)
                                    .toArray());
                }));
        long last = result.points().stream().mapToLong(QualityPoint::step).max().orElse(0);
        chart.line("full model alone", new double[] {0, last}, new double[] {result.fullModel(), result.fullModel()});
        csv.write(target.resolve("quality.csv"));
        String text = json.toPrettyString() + "\n";
        AtomicFiles.file(target.resolve("quality.json"), file -> Files.writeString(file, text));
        chart.writePng(target.resolve("quality.png"));
    }
}
