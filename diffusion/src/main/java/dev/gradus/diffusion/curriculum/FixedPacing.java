package dev.gradus.diffusion.curriculum;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The same number of training steps in every stage, whatever the loss. */
public final class FixedPacing implements Pacing {
    private final int stepsPerStage;

    private int counter;

    /** @param stepsPerStage at least 1 */
    public FixedPacing(int stepsPerStage) {
        if (stepsPerStage < 1) {
            throw new IllegalArgumentException("a stage must have at least 1 step, not " + stepsPerStage);
        }
        this.stepsPerStage = stepsPerStage;
    }

    @Override
    public boolean endsStage(double loss) {
        counter++;
        if (counter < stepsPerStage) {
            return false;
        }
        counter = 0;
        return true;
    }

    @Override
    public ObjectNode state() {
        return JsonNodeFactory.instance.objectNode().put("counter", counter);
    }

    @Override
    public void restore(JsonNode state) {
        if (!state.path("counter").isInt()) {
            throw new IllegalArgumentException("not the state of fixed pacing: " + state);
        }
        counter = state.get("counter").intValue();
    }
}
