package dev.gradus.diffusion.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.config.TrainConfig.Precision;

/** Counts the steps that changed nothing, because loss or gradient was not fit for it. */
final class SkippedSteps {
    private final TrainConfig config;
    private long total;
    private long overflows;
    private int inARow;

    SkippedSteps(TrainConfig config) {
        this.config = config;
    }

    /** How many there were in the run, without those that only found the scale of fp16. */
    long total() {
        return total;
    }

    /** Whether there are so many in a row that the run is to end. */
    boolean tooMany() {
        return inARow >= config.divergence().stopAfter();
    }

    /**
     * Takes note of a step.
     *
     * @param average of the losses before
     * @return what was wrong, such as "the loss became NaN"; null where nothing was
     */
    String take(StepBlock.Entry entry, double average) {
        if (!entry.skipped()) {
            inARow = 0;
            return null;
        }
        double spike = config.divergence().spike();
        boolean explodes = spike > 0 && Math.abs(entry.mean()) > spike * average;
        if (config.precision() == Precision.FP16 && Double.isFinite(entry.mean()) && !explodes) {
            // The scale of the loss was too large for float16, and is smaller now.
            overflows++;
            return null;
        }
        total++;
        inARow++;
        if (!Double.isFinite(entry.mean())) {
            return "the loss became " + entry.mean();
        }
        return explodes
                ? "the loss became %.4g, more than %s times its average of %.4g".formatted(entry.mean(), spike, average)
                : "the norm of the gradient became " + entry.gradientNorm();
    }

    /** What the last steps in a row were, for a message. */
    String row() {
        return inARow == 1 ? "a step that could not be used" : "the last of " + inARow + " such steps in a row";
    }

    ObjectNode state() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("total", total)
                .put("inARow", inARow)
                .put("overflows", overflows);
    }

    void restore(JsonNode state) {
        total = state.path("total").asLong();
        inARow = state.path("inARow").asInt();
        overflows = state.path("overflows").asLong();
    }
}
