package dev.gradus.diffusion.eval;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;

/**
 * One number, with what it needs to be compared with another.
 *
 * @param metric what was measured
 * @param value the score
 * @param spread the standard deviation over subsets or splits; null for a metric without them
 * @param images how many generated images it is from
 * @param referenceImages how many images of the reference; 0 for the Inception Score, which uses none
 * @param seed the seed of the generated images
 * @param features the name of the features
 * @param details further numbers by name, such as the size of subsets
 */
public record Score(
        Metric metric,
        double value,
        Double spread,
        long images,
        long referenceImages,
        long seed,
        String features,
        Map<String, Double> details) {

    public Score {
        details = Map.copyOf(details);
    }

    /** The metric with its features, as in {@code FID(fashion-cnn-v1)}. */
    public String label() {
        return metric.label() + "(" + features + ")";
    }

    ObjectNode toJson() {
        ObjectNode node = JsonNodeFactory.instance
                .objectNode()
                .put("metric", metric.key())
                .put("name", label())
                .put("value", value)
                .put("spread", spread)
                .put("images", images)
                .put("referenceImages", referenceImages)
                .put("seed", seed)
                .put("features", features);
        ObjectNode more = node.putObject("details");
        new TreeMap<>(details).forEach(more::put);
        return node;
    }
}
