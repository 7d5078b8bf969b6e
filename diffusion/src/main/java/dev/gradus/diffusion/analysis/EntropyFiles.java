package dev.gradus.diffusion.analysis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.chart.Axis;
import dev.gradus.diffusion.chart.Chart;
import dev.gradus.diffusion.internal.AtomicFiles;
import dev.gradus.diffusion.internal.Csv;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Writes an {@link EntropyCurve}: {@code entropy.csv}, {@code entropy.json} and the chart {@code entropy.png}. */
public final class EntropyFiles {
    private EntropyFiles() {}

    /**
     * Writes the three files, each of which appears whole or not at all. The JSON has the key {@code difficulty} that the
     * curriculum reads.
     *
     * @param folder made where it is not there
     * @param about what else belongs into the JSON, such as the configuration
     */
    public static void write(EntropyCurve curve, Path folder, ObjectNode about) throws IOException {
        Path target = folder.toAbsolutePath();
        Files.createDirectories(target);
        csv(curve).write(target.resolve("entropy.csv"));
        String json = json(curve, about).toPrettyString() + "\n";
        AtomicFiles.file(target.resolve("entropy.json"), file -> Files.writeString(file, json));
        chart(curve).writePng(target.resolve("entropy.png"));
    }

    private static Csv csv(EntropyCurve curve) {
        Csv csv = new Csv(
                "t",
                "alpha",
                "sigma",
                "log_snr",
                "mixture",
                "mixture_low",
                "mixture_high",
                "form",
                "ratio",
                "ratio_standard_error",
                "posterior",
                "posterior_standard_error",
                "gaussian");
        for (EntropyPoint point : curve.points()) {
            MixtureEstimate mixture = point.mixture();
            csv.row(
                    point.transition().t(),
                    point.transition().after().alpha(),
                    point.transition().after().sigma(),
                    point.transition().after().logSnr(),
                    mixture.chosen().value(),
                    mixture.chosen().low(),
                    mixture.chosen().high(),
                    mixture.form().name().toLowerCase(Locale.ROOT),
                    mixture.ratio().value(),
                    mixture.ratio().standardError(),
                    mixture.posterior().value(),
                    mixture.posterior().standardError(),
                    point.gaussian());
        }
        return csv;
    }

    private static ObjectNode json(EntropyCurve curve, ObjectNode about) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("analysis", "entropy").put("unit", "nats").put("confidence", 0.95);
        json.put("images", curve.images()).put("dimension", curve.dimension());
        json.put("samples", curve.options().samples())
                .put("seed", curve.options().seed());
        json.put("timesteps", curve.grid().cells());
        json.setAll(about);
        ArrayNode points = json.putArray("points");
        for (EntropyPoint point : curve.points()) {
            MixtureEstimate mixture = point.mixture();
            ObjectNode node = points.addObject().put("t", point.transition().t());
            node.put("mixture", mixture.chosen().value())
                    .put("low", mixture.chosen().low())
                    .put("high", mixture.chosen().high())
                    .put("form", mixture.form().name().toLowerCase(Locale.ROOT));
            node.set("gaussian", number(point.gaussian()));
        }
        json.set("difficulty", DifficultyJson.of(curve.difficulty()));
        return json;
    }

    private static JsonNode number(double value) {
        JsonNodeFactory json = JsonNodeFactory.instance;
        return Double.isNaN(value) ? json.nullNode() : json.numberNode(value);
    }

    private static Chart chart(EntropyCurve curve) {
        Axis time = curve.grid().schedule().isDiscrete()
                ? Axis.logarithmic("timestep t (right: more noise)")
                : Axis.linear("time t (right: more noise)");
        double[] t = values(curve, point -> point.transition().t());
        Chart chart = new Chart(
                        "Relative entropy between neighbouring noise levels",
                        time,
                        Axis.logarithmic("D_KL(q[t-1] || q[t]) in nats"))
                .markPoints()
                .line(
                        "images (95 % interval)",
                        t,
                        values(curve, point -> point.mixture().chosen().value()),
                        values(curve, point -> point.mixture().chosen().low()),
                        values(curve, point -> point.mixture().chosen().high()));
        return curve.hasGaussian()
                ? chart.line("Gaussian, same moments", t, values(curve, EntropyPoint::gaussian))
                : chart;
    }

    private static double[] values(EntropyCurve curve, ToDoubleFunction<EntropyPoint> value) {
        return curve.points().stream().mapToDouble(value).toArray();
    }
}
