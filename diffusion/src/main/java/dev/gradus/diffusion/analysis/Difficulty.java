package dev.gradus.diffusion.analysis;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;

/**
 * How hard the denoising tasks of an interval of time are, all together.
 *
 * @param from where the interval begins, in the time of the schedule
 * @param to where it ends
 * @param value a mass, not a density: two halves of an interval have the sum of their values; at least 0
 */
public record Difficulty(double from, double to, double value) {
    public Difficulty {
        if (!(to > from) || !(value >= 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(
                    "an interval from " + from + " to " + to + " cannot have the difficulty " + value);
        }
    }

    /** As the value of the key {@code difficulty} in the files that analyses write. */
    static ArrayNode json(List<Difficulty> intervals) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        for (Difficulty interval : intervals) {
            array.addObject().put("from", interval.from).put("to", interval.to).put("value", interval.value);
        }
        return array;
    }
}
