package dev.gradus.diffusion.experiment;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.analysis.Spread;
import dev.gradus.diffusion.chart.Axis;
import dev.gradus.diffusion.chart.Chart;
import dev.gradus.diffusion.eval.Metric;
import dev.gradus.diffusion.internal.AtomicFiles;
import dev.gradus.diffusion.internal.Csv;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongFunction;
import java.util.function.LongToDoubleFunction;
import java.util.stream.DoubleStream;

/** The scores and losses of an experiment. */
public final class ExperimentResult {
    private static final ObjectMapper JSON = new ObjectMapper();

    private record Run(String arm, long seed) {}

    private final ExperimentPlan plan;
    /** By run, then by metric, then by step. */
    private final Map<Run, Map<Metric, TreeMap<Long, Double>>> scores = new HashMap<>();

    private final Map<Run, TreeMap<Long, Double>> losses = new HashMap<>();
    private String features = "";

    ExperimentResult(ExperimentPlan plan) {
        this.plan = plan;
    }

    void add(String arm, long seed, long step, JsonNode line) {
        features = line.path("features").asText(features);
        for (Metric metric : plan.scoring().metrics()) {
            double value = line.path("scores").path(metric.key()).asDouble(Double.NaN);
            scores.computeIfAbsent(new Run(arm, seed), run -> new HashMap<>())
                    .computeIfAbsent(metric, key -> new TreeMap<>())
                    .put(step, value);
        }
    }

    void addLosses(String arm, long seed, Path metrics) throws IOException {
        if (!Files.exists(metrics)) {
            return;
        }
        TreeMap<Long, Double> curve = losses.computeIfAbsent(new Run(arm, seed), run -> new TreeMap<>());
        for (String line : Files.readAllLines(metrics)) {
            try {
                JsonNode json = JSON.readTree(line);
                curve.put(json.path("step").asLong(), json.path("loss").asDouble(Double.NaN));
            } catch (JsonProcessingException e) {
                continue;
            }
        }
    }

    private TreeMap<Long, Double> curve(Metric metric, String arm, long seed) {
        return scores.getOrDefault(new Run(arm, seed), Map.of()).getOrDefault(metric, new TreeMap<>());
    }

    private Spread over(String arm, LongToDoubleFunction ofSeed) {
        return Spread.of(plan.seeds().stream().mapToDouble(ofSeed::applyAsDouble));
    }

    /** A metric of an arm after a number of steps, over the seeds; those that were not scored there are left out. */
    public Spread score(Metric metric, String arm, long step) {
        return over(arm, seed -> curve(metric, arm, seed).getOrDefault(step, Double.NaN));
    }

    /** A metric of an arm at the end of its training. */
    public Spread last(Metric metric, String arm) {
        return score(metric, arm, plan.arm(arm).orElseThrow().config().steps());
    }

    /**
     * How much a metric of an arm is above the baseline's at the end, seed by seed: both start from the same weights and see
     * the same noise, so that this spreads less than the scores themselves.
     */
    public Spread difference(Metric metric, String arm) {
        long end = plan.arm(arm).orElseThrow().config().steps();
        long baselineEnd = plan.arm(plan.baseline()).orElseThrow().config().steps();
        return over(
                arm,
                seed -> curve(metric, arm, seed).getOrDefault(end, Double.NaN)
                        - curve(metric, plan.baseline(), seed).getOrDefault(baselineEnd, Double.NaN));
    }

    /**
     * The training steps that an arm needs until a metric is as good as the baseline's mean at its end: for each seed where its
     * curve, linear between two scores, first comes there. Seeds that never do are left out; {@link Spread#count} tells how
     * many did.
     */
    public Spread stepsToBaseline(Metric metric, String arm) {
        double goal = last(metric, plan.baseline()).mean();
        return over(arm, seed -> firstAt(curve(metric, arm, seed), goal, metric.higherIsBetter()));
    }

    /** Where a curve first reaches a goal; NaN if it does not. Before its first point nothing is known of it. */
    static double firstAt(TreeMap<Long, Double> curve, double goal, boolean higherIsBetter) {
        double sign = higherIsBetter ? -1 : 1;
        Map.Entry<Long, Double> before = null;
        for (Map.Entry<Long, Double> point : curve.entrySet()) {
            double above = sign * (point.getValue() - goal);
            if (above <= 0) {
                if (before == null) {
                    return point.getKey();
                }
                double aboveBefore = sign * (before.getValue() - goal);
                double share = aboveBefore / (aboveBefore - above);
                return before.getKey() + share * (point.getKey() - before.getKey());
            }
            before = point;
        }
        return Double.NaN;
    }

    /**
     * Writes {@code results.csv} (arm, seed, step and each metric), {@code results.json}, {@code summary.md}, and for each metric
     * and the loss a chart with mean and standard deviation over the seeds.
     */
    public void write(Path folder) throws IOException {
        writeCsv(folder.resolve("results.csv"));
        AtomicFiles.file(
                folder.resolve("results.json"),
                file -> JSON.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), toJson()));
        for (Metric metric : plan.scoring().metrics()) {
            String label = metric.label() + "(" + features + ")";
            Chart chart = new Chart(plan.name() + ": " + label, Axis.linear("training step"), Axis.linear(label));
            for (ExperimentPlan.Arm arm : plan.arms()) {
                TreeSet<Long> steps = new TreeSet<>();
                plan.seeds()
                        .forEach(seed ->
                                steps.addAll(curve(metric, arm.name(), seed).keySet()));
                addLine(chart, arm.name(), steps, step -> score(metric, arm.name(), step));
            }
            chart.markPoints().writePng(folder.resolve(metric.key() + ".png"));
        }
        Chart chart = new Chart(
                plan.name() + ": training loss",
                Axis.linear("training step"),
                Axis.logarithmic("loss of what is drawn"));
        for (ExperimentPlan.Arm arm : plan.arms()) {
            TreeSet<Long> steps = new TreeSet<>();
            plan.seeds().forEach(seed -> steps.addAll(loss(arm.name(), seed).keySet()));
            addLine(
                    chart,
                    arm.name(),
                    steps,
                    step -> over(arm.name(), seed -> loss(arm.name(), seed).getOrDefault(step, Double.NaN)));
        }
        chart.writePng(folder.resolve("loss.png"));
        AtomicFiles.file(folder.resolve("summary.md"), file -> Files.writeString(file, summary()));
    }

    private TreeMap<Long, Double> loss(String arm, long seed) {
        return losses.getOrDefault(new Run(arm, seed), new TreeMap<>());
    }

    private static void addLine(Chart chart, String name, TreeSet<Long> steps, LongFunction<Spread> at) {
        List<Spread> spreads = steps.stream().map(at::apply).toList();
        chart.line(
                name,
                steps.stream().mapToDouble(Long::doubleValue).toArray(),
                values(spreads, 0),
                values(spreads, -1),
                values(spreads, 1));
    }

    private static double[] values(List<Spread> spreads, int deviations) {
        return spreads.stream()
                .flatMapToDouble(spread -> DoubleStream.of(spread.mean() + deviations * spread.deviation()))
                .toArray();
    }

    private void writeCsv(Path file) throws IOException {
        List<String> names = new ArrayList<>(List.of("arm", "seed", "step"));
        plan.scoring().metrics().forEach(metric -> names.add(metric.key()));
        Csv csv = new Csv(names.toArray(String[]::new));
        for (ExperimentPlan.Arm arm : plan.arms()) {
            for (long seed : plan.seeds()) {
                for (long step : curve(plan.scoring().metrics().getFirst(), arm.name(), seed)
                        .keySet()) {
                    List<Object> row = new ArrayList<>(List.of(arm.name(), seed, step));
                    plan.scoring()
                            .metrics()
                            .forEach(metric ->
                                    row.add(curve(metric, arm.name(), seed).getOrDefault(step, Double.NaN)));
                    csv.row(row.toArray());
                }
            }
        }
        csv.write(file);
    }

    private ObjectNode toJson() {
        ObjectNode json = JSON.createObjectNode();
        json.put("name", plan.name());
        json.put("features", features);
        json.put("images", plan.scoring().count());
        json.put("baseline", plan.baseline());
        ObjectNode arms = json.putObject("arms");
        for (ExperimentPlan.Arm arm : plan.arms()) {
            ObjectNode metrics = arms.putObject(arm.name());
            for (Metric metric : plan.scoring().metrics()) {
                ObjectNode node = metrics.putObject(metric.key());
                node.set("last", JSON.valueToTree(last(metric, arm.name())));
                node.set("difference", JSON.valueToTree(difference(metric, arm.name())));
                node.set("stepsToBaseline", JSON.valueToTree(stepsToBaseline(metric, arm.name())));
            }
        }
        return json;
    }

    /** The results in Markdown. */
    public String summary() {
        StringBuilder text = new StringBuilder("# " + plan.name() + "\n\n");
        text.append("Mean and standard deviation over the seeds ")
                .append(String.join(
                        ", ", plan.seeds().stream().map(String::valueOf).toList()))
                .append("; ")
                .append(plan.scoring().count())
                .append(" images for each score, with the noise of seed ")
                .append(plan.scoring().seed())
                .append(".\n");
        for (Metric metric : plan.scoring().metrics()) {
            text.append("\n## ")
                    .append(metric.label())
                    .append('(')
                    .append(features)
                    .append(")\n\n");
            text.append(metric.higherIsBetter() ? "Higher is better.\n\n" : "Lower is better.\n\n");
            text.append(String.format(
                    Locale.ROOT,
                    "| arm | steps | at the end | difference to %1$s | steps to the end of %1$s |%n| --- | --- | --- |"
                            + " --- | --- |%n",
                    plan.baseline()));
            for (ExperimentPlan.Arm arm : plan.arms()) {
                text.append(String.format(
                        Locale.ROOT,
                        "| %s | %d | %s | %s | %s |%n",
                        arm.name(),
                        arm.config().steps(),
                        text(last(metric, arm.name()), "%.4g"),
                        arm.name().equals(plan.baseline()) ? "" : text(difference(metric, arm.name()), "%+.2g"),
                        reached(stepsToBaseline(metric, arm.name()))));
            }
            text.append("\n![")
                    .append(metric.label())
                    .append(" over training](")
                    .append(metric.key())
                    .append(".png)\n");
        }
        return text.append("\n![Loss over training](loss.png)\n").toString();
    }

    private static String text(Spread spread, String format) {
        if (spread.count() == 0) {
            return "-";
        }
        return withDeviation(spread, format, "%.2g");
    }

    private static String withDeviation(Spread spread, String meanFormat, String deviationFormat) {
        String mean = String.format(Locale.ROOT, meanFormat, spread.mean());
        return spread.count() == 1
                ? mean
                : mean + " ± " + String.format(Locale.ROOT, deviationFormat, spread.deviation());
    }

    private String reached(Spread spread) {
        if (spread.count() == 0) {
            return "not reached";
        }
        String steps = withDeviation(spread, "%.0f", "%.0f");
        return spread.count() == plan.seeds().size()
                ? steps
                : steps + " (" + spread.count() + " of " + plan.seeds().size() + " seeds)";
    }
}
