package dev.gradus.diffusion.curriculum;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.config.CurriculumConfig;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;
import java.util.List;

/**
 * Timesteps drawn stage by stage: each stage has a range, and a {@link Pacing} says when it ends. The last stage has no
 * end; with one stage this is ordinary training.
 *
 * <p>Losses go to {@link #pace} in the order of the steps, one for every step. A new range holds from the next call of
 * {@link #sample} on. When losses are read from the device in blocks, a stage can only end between two blocks: the
 * caller stops at the first loss for which {@code pace} answers true and drops the rest of the block, since those
 * losses were drawn from the old range. So reading in blocks of k delays the end of a stage by at most k - 1 steps, and
 * reading every step is the rule itself.
 */
public final class Curriculum implements TimestepSampler {
    private final List<TimestepRange> stages;
    private final Pacing pacing;

    private int stage = 1;

    /** @param stages the range of each stage, at least one */
    public Curriculum(List<TimestepRange> stages, Pacing pacing) {
        if (stages.isEmpty()) {
            throw new IllegalArgumentException("a curriculum needs at least 1 stage");
        }
        this.stages = List.copyOf(stages);
        this.pacing = pacing;
    }

    /** The curriculum that a configuration describes, over the timesteps [0, timesteps). */
    public static Curriculum of(CurriculumConfig config, int timesteps) {
        StageOrder order = switch (config.order()) {
            case EASY_TO_HARD -> StageOrder.easyToHard();
            case HARD_TO_EASY -> StageOrder.hardToEasy();
            case NONE -> StageOrder.none();
        };
        Pacing pacing = switch (config.pacing()) {
            case PATIENCE -> new PatiencePacing(config.patience(), config.smoothing());
            case FIXED -> new FixedPacing(config.stepsPerStage());
        };
        return new Curriculum(order.stages(Clustering.uniform(config.clusters()).clusters(timesteps)), pacing);
    }

    @Override
    public Tensor sample(int batch, Generator generator) {
        TimestepRange range = range();
        return Torch.randint(range.from(), range.to(), generator, batch);
    }

    @Override
    public TimestepRange range() {
        return stages.get(stage - 1);
    }

    /** The current stage, from 1. */
    public int stage() {
        return stage;
    }

    /** How many stages there are. */
    public int stages() {
        return stages.size();
    }

    /**
     * Takes the loss of the next step.
     *
     * @return whether a new stage has begun
     */
    public boolean pace(double loss) {
        if (stage == stages.size() || !pacing.endsStage(loss)) {
            return false;
        }
        stage++;
        return true;
    }

    /** The state as JSON, for {@link #restore}. */
    public ObjectNode state() {
        ObjectNode state = JsonNodeFactory.instance.objectNode();
        state.put("stage", stage);
        state.set("pacing", pacing.state());
        return state;
    }

    /**
     * Goes on from a state that {@link #state} returned.
     *
     * @throws IllegalArgumentException if the state does not fit this curriculum
     */
    public void restore(JsonNode state) {
        int restored = state.path("stage").asInt(0);
        if (restored < 1 || restored > stages.size()) {
            throw new IllegalArgumentException(
                    "not the state of a curriculum with " + stages.size() + " stages: " + state);
        }
        pacing.restore(state.path("pacing"));
        stage = restored;
    }
}
