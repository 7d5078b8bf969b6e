package dev.gradus.diffusion.eval;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.internal.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The scores of one set of generated images.
 *
 * @param scores in the order of {@link Metric}
 * @param images how many generated images there were
 * @param seed the seed they were drawn with
 * @param features the name of the features
 * @param featuresDescription what the features are, for people
 * @param data the name of the reference
 * @param dataHash the digest of the reference
 * @param shape of an image: channels x height x width
 */
public record Evaluation(
        List<Score> scores,
        long images,
        long seed,
        String features,
        String featuresDescription,
        String data,
        String dataHash,
        String shape) {

    public Evaluation {
        scores = List.copyOf(scores);
    }

    /** The score of a metric; empty where it was not measured. */
    public Optional<Score> score(Metric metric) {
        return scores.stream().filter(score -> score.metric() == metric).findFirst();
    }

    /** All of it, with the scores as an array {@code scores}. */
    public ObjectNode toJson() {
        ObjectNode node = JsonNodeFactory.instance
                .objectNode()
                .put("images", images)
                .put("seed", seed)
                .put("features", features)
                .put("featuresDescription", featuresDescription)
                .put("data", data)
                .put("dataHash", dataHash)
                .put("shape", shape);
        ArrayNode array = node.putArray("scores");
        scores.forEach(score -> array.add(score.toJson()));
        return node;
    }

    /**
     * Writes {@link #toJson} to a file, which is replaced; it has all of it or what it had before.
     *
     * @param about further facts, such as where the images are from; they come first
     */
    public void writeJson(Path file, Map<String, String> about) throws IOException {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        about.forEach(node::put);
        node.setAll(toJson());
        byte[] text = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(node);
        AtomicFiles.file(file.toAbsolutePath(), temporary -> Files.write(temporary, text));
    }

    /** A table with a line for each score, and below it what the features and the reference are. */
    public String toText() {
        int width =
                scores.stream().mapToInt(score -> score.label().length()).max().orElse(0);
        String format = "%-" + Math.max(width, 5) + "s  %10s  %10s  %7s  %9s  %s%n";
        StringBuilder text = new StringBuilder(
                String.format(Locale.ROOT, format, "score", "value", "spread", "images", "reference", "seed"));
        for (Score score : scores) {
            text.append(String.format(
                    Locale.ROOT,
                    format,
                    score.label(),
                    digits(score.value()),
                    score.spread() == null ? "-" : digits(score.spread()),
                    score.images(),
                    score.referenceImages() == 0 ? "-" : score.referenceImages(),
                    score.seed()));
        }
        return text.append(String.format("features   %s: %s%n", features, featuresDescription))
                .append(String.format("reference  %s, %s, %s%n", data, shape, dataHash.substring(0, 8)))
                .toString();
    }

    /** Five significant digits or so: enough to see a difference that means something. */
    private static String digits(double value) {
        double size = Math.abs(value);
        String format = size >= 100 ? "%.2f" : size >= 1 ? "%.3f" : size >= 0.01 || size == 0 ? "%.4f" : "%.3e";
        return String.format(Locale.ROOT, format, value);
    }
}
