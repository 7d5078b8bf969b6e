package dev.gradus.diffusion.curriculum;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The paper's pacing: a step whose loss is not below the best of the stage adds one to a counter, an improvement sets
 * the counter to 0, and a counter above the patience ends the stage. Best and counter then start anew.
 *
 * <p>An equal loss is no improvement, and neither is NaN. The first finite loss of a stage always is one.
 *
 * <p>With smoothing s > 0 (not in the paper) the rule looks at the average a = s a + (1 - s) loss instead of the loss.
 * The average starts with the first loss of each stage.
 */
public final class PatiencePacing implements Pacing {
    private final int patience;
    private final double smoothing;

    private double best;
    private int counter;
    private double average;

    /**
     * @param patience tau, at least 0
     * @param smoothing from 0 (off) to below 1
     */
    public PatiencePacing(int patience, double smoothing) {
        if (patience < 0) {
            throw new IllegalArgumentException("patience must be at least 0, is " + patience);
        }
        if (!(smoothing >= 0 && smoothing < 1)) {
            throw new IllegalArgumentException("smoothing must be at least 0 and below 1, is " + smoothing);
        }
        this.patience = patience;
        this.smoothing = smoothing;
        startStage();
    }

    private void startStage() {
        best = Double.POSITIVE_INFINITY;
        counter = 0;
        average = Double.NaN;
    }

    @Override
    public boolean endsStage(double loss) {
        average = Double.isNaN(average) ? loss : smoothing * average + (1 - smoothing) * loss;
        if (average < best) {
            best = average;
            counter = 0;
        } else {
            counter++;
        }
        if (counter > patience) {
            startStage();
            return true;
        }
        return false;
    }

    /** {@code best} and {@code average} are null before the first loss of a stage. */
    @Override
    public ObjectNode state() {
        ObjectNode state = JsonNodeFactory.instance.objectNode();
        state.put("best", Double.isInfinite(best) ? null : best);
        state.put("counter", counter);
        state.put("average", Double.isNaN(average) ? null : average);
        return state;
    }

    @Override
    public void restore(JsonNode state) {
        if (!state.path("counter").isInt() || !state.has("best") || !state.has("average")) {
            throw new IllegalArgumentException("not the state of a patience rule: " + state);
        }
        best = state.get("best").isNull()
                ? Double.POSITIVE_INFINITY
                : state.get("best").doubleValue();
        counter = state.get("counter").intValue();
        average = state.get("average").isNull()
                ? Double.NaN
                : state.get("average").doubleValue();
    }
}
