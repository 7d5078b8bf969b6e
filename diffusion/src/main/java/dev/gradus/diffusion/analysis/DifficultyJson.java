package dev.gradus.diffusion.analysis;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.gradus.diffusion.curriculum.Difficulty;

/** The value of the key {@code difficulty} in the files that analyses write, as {@link Difficulty#read} reads it. */
final class DifficultyJson {
    private DifficultyJson() {}

    static ArrayNode of(Difficulty difficulty) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        for (Difficulty.Interval interval : difficulty.intervals()) {
            array.addObject()
                    .put("from", interval.from())
                    .put("to", interval.to())
                    .put("value", interval.value());
        }
        return array;
    }
}
