package dev.gradus.diffusion.curriculum;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Says when a stage of the curriculum ends. It has state, which a checkpoint keeps. */
public interface Pacing {
    /**
     * Takes the loss of the next step of the current stage. On {@code true} the stage ends with this step and the
     * pacing has started anew for the next one.
     */
    boolean endsStage(double loss);

    /** The state as JSON, for {@link #restore}. */
    ObjectNode state();

    /**
     * Goes on from a state that {@link #state} returned.
     *
     * @throws IllegalArgumentException if the state is not one of this pacing
     */
    void restore(JsonNode state);
}
