package dev.gradus.diffusion.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * What a run has logged so far.
 *
 * @param metrics the lines of {@code metrics.jsonl}, in order
 * @param stages the lines of {@code stages.jsonl}, in order
 */
public record RunLog(List<JsonNode> metrics, List<JsonNode> stages) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Columns of a chart or its axis. */
    private static final List<String> COLUMNS = List.of(
            "step",
            "images",
            "loss",
            "stage",
            "lr",
            "imagesPerSecond",
            "dataWait",
            "checkpointWait",
            "communicationWait",
            "skipped",
            "memory",
            "deviceMemory");

    /** Of these the last of several is shown, of others the mean. */
    private static final Set<String> COUNTS = Set.of("step", "images", "stage", "skipped");

    private static final MathContext DIGITS = new MathContext(6);

    public RunLog {
        metrics = List.copyOf(metrics);
        stages = List.copyOf(stages);
    }

    /** Reads the log of a run; a file that is not there is empty. */
    public static RunLog read(RunFiles files) throws IOException {
        return new RunLog(lines(files.metrics()), lines(files.stages()));
    }

    /** The JSON objects of a file, one a line; a line that a crash cut short is left out, as is all that is no object. */
    public static List<JsonNode> lines(Path file) throws IOException {
        return Files.exists(file) ? parse(Files.readAllBytes(file)) : List.of();
    }

    /** As {@link #lines}, of what such a file holds. */
    public static List<JsonNode> parse(byte[] content) {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : new String(content, StandardCharsets.UTF_8).split("\n")) {
            try {
                JsonNode json = JSON.readTree(line);
                if (json.isObject()) {
                    lines.add(json);
                }
            } catch (JsonProcessingException e) {
                continue;
            }
        }
        return lines;
    }

    /** The last line of the metrics. */
    public Optional<JsonNode> last() {
        return metrics.isEmpty() ? Optional.empty() : Optional.of(metrics.getLast());
    }

    /**
     * The log as charts take it: {@code columns}, an array for each number of the metrics; {@code clusterLoss}, an array for each
     * cluster; {@code clusters}, the times of each; and {@code stages}, their lines.
     *
     * @param most how many rows to have at most, at least 1; where there are more, neighbours become their mean
     */
    public ObjectNode columns(int most) {
        ObjectNode log = JSON.createObjectNode();
        List<List<JsonNode>> rows = thinned(most);
        ObjectNode columns = log.putObject("columns");
        for (String name : COLUMNS) {
            columns.set(name, column(rows, name, line -> line.path(name)));
        }
        ArrayNode clusterLoss = log.putArray("clusterLoss");
        int clusters = metrics.stream()
                .mapToInt(line -> line.path("clusterLoss").size())
                .max()
                .orElse(0);
        for (int i = 0; i < clusters; i++) {
            int cluster = i;
            clusterLoss.add(
                    column(rows, "clusterLoss", line -> line.path("clusterLoss").path(cluster)));
        }
        List<JsonNode> known = stages.stream().filter(RunLog::isStage).toList();
        log.set("clusters", known.isEmpty() ? JSON.createArrayNode() : ranges(known.getFirst(), "clusters"));
        ArrayNode drawn = log.putArray("stages");
        for (JsonNode stage : known) {
            ObjectNode line = drawn.addObject();
            line.put("step", stage.path("step").asLong());
            line.put("stage", stage.path("stage").asInt());
            line.put("stages", stage.path("stages").asInt());
            line.set("active", ranges(stage, "active"));
        }
        return log;
    }

    private static boolean isStage(JsonNode line) {
        return line.path("step").isNumber() && !ranges(line, "active").isEmpty();
    }

    /** Pairs of numbers; whatever else is there is left out. */
    private static ArrayNode ranges(JsonNode line, String key) {
        ArrayNode ranges = JSON.createArrayNode();
        for (JsonNode range : line.path(key)) {
            if (range.path(0).isNumber() && range.path(1).isNumber()) {
                ranges.addArray().add(range.get(0)).add(range.get(1));
            }
        }
        return ranges;
    }

    /** The lines with a step, in at most so many groups of neighbours. */
    private List<List<JsonNode>> thinned(int most) {
        List<JsonNode> lines =
                metrics.stream().filter(line -> line.path("step").isNumber()).toList();
        int size = (lines.size() + most - 1) / most;
        List<List<JsonNode>> groups = new ArrayList<>();
        for (int i = 0; i < lines.size(); i += size) {
            groups.add(lines.subList(i, Math.min(lines.size(), i + size)));
        }
        return groups;
    }

    private static ArrayNode column(List<List<JsonNode>> rows, String name, Function<JsonNode, JsonNode> value) {
        ArrayNode column = JsonNodeFactory.instance.arrayNode();
        for (List<JsonNode> row : rows) {
            if (COUNTS.contains(name)) {
                column.add(value.apply(row.getLast()).asLong());
                continue;
            }
            double[] known = row.stream()
                    .map(value)
                    .filter(JsonNode::isNumber)
                    .mapToDouble(JsonNode::asDouble)
                    .filter(Double::isFinite)
                    .toArray();
            if (known.length == 0) {
                column.addNull();
            } else {
                double mean = Arrays.stream(known).average().orElseThrow();
                column.add(new BigDecimal(mean).round(DIGITS).doubleValue());
            }
        }
        return column;
    }
}
