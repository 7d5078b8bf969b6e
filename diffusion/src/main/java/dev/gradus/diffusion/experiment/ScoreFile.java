package dev.gradus.diffusion.experiment;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.eval.Evaluation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;

/**
 * The scores of a run, one line of JSON per checkpoint: {@code step}, {@code features}, {@code images} and {@code scores} by the
 * metric's key.
 */
final class ScoreFile {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;

    ScoreFile(Path file) {
        this.file = file;
    }

    /** The lines by their step; one that was cut short by a crash is left out, and measured again. */
    Map<Long, JsonNode> read() throws IOException {
        Map<Long, JsonNode> lines = new TreeMap<>();
        if (!Files.exists(file)) {
            return lines;
        }
        for (String line : Files.readAllLines(file)) {
            try {
                JsonNode json = JSON.readTree(line);
                if (json.path("scores").isObject() && json.path("step").isIntegralNumber()) {
                    lines.put(json.get("step").longValue(), json);
                }
            } catch (JsonProcessingException e) {
                continue;
            }
        }
        return lines;
    }

    void add(long step, Evaluation evaluation) throws IOException {
        ObjectNode line = JSON.createObjectNode();
        line.put("step", step);
        line.put("features", evaluation.features());
        line.put("images", evaluation.images());
        ObjectNode scores = line.putObject("scores");
        evaluation.scores().forEach(score -> scores.put(score.metric().key(), score.value()));
        Files.createDirectories(file.getParent());
        // A line of its own, also after one that a crash cut short.
        boolean cut = Files.exists(file) && !Files.readString(file).endsWith("\n") && Files.size(file) > 0;
        Files.writeString(file, (cut ? "\n" : "") + line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
