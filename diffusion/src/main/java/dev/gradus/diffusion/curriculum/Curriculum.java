package dev.gradus.diffusion.curriculum;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.config.CurriculumConfig;
import dev.gradus.diffusion.config.NoiseConfig;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.Generator;
import java.util.List;

/**
 * Timesteps drawn stage by stage: each stage has a set of times, and a {@link Pacing} says when it ends. The last stage has no
 * end; with one stage this is ordinary training.
 *
 * <p>Losses go to {@link #pace} in the order of the steps, one for every step. A new set holds from the next call of
 * {@link #sample} on. When losses are read from the device in blocks, a stage can only end between two blocks: the
 * caller stops at the first loss for which {@code pace} answers true and drops the rest of the block, since those
 * losses were drawn from the old set. So reading in blocks of k delays the end of a stage by at most k - 1 steps, and
 * reading every step is the rule itself.
 */
public final class Curriculum implements TimestepSampler {
    private final List<TimestepSet> stages;
    private final Pacing pacing;
    private final RestrictedDraw draw;

    private int stage = 1;

    /**
     * @param stages what each stage draws, at least one
     * @param stratified whether the draws of a batch are spread evenly over the probability
     */
    public Curriculum(List<TimestepSet> stages, Pacing pacing, NoiseDistribution distribution, boolean stratified) {
        if (stages.isEmpty()) {
            throw new IllegalArgumentException("a curriculum needs at least 1 stage");
        }
        this.stages = List.copyOf(stages);
        this.pacing = pacing;
        this.draw = new RestrictedDraw(distribution, stratified);
    }

    /**
     * The curriculum that a configuration describes.
     *
     * @param seed of a random order
     */
    public static Curriculum of(CurriculumConfig config, NoiseConfig noise, NoiseSchedule schedule, long seed) {
        Pacing pacing = switch (config.pacing()) {
            case PATIENCE -> new PatiencePacing(config.patience(), config.smoothing());
            case FIXED -> new FixedPacing(config.stepsPerStage());
        };
        NoiseDistribution distribution = NoiseDistribution.of(noise, schedule);
        List<TimestepSet> stages = StageOrder.stages(config, clusters(config, noise, schedule), seed);
        return new Curriculum(stages, pacing, distribution, noise.stratified());
    }

    /** The tasks that the stages of a configuration are made of, from the lowest noise to the highest. */
    public static List<TimestepRange> clusters(CurriculumConfig config, NoiseConfig noise, NoiseSchedule schedule) {
        return Clustering.of(config).clusters(schedule, NoiseDistribution.of(noise, schedule));
    }

    @Override
    public double[] sample(int batch, Generator generator) {
        return draw.sample(active(), batch, generator);
    }

    /** What {@link #sample} draws now, as a table. */
    public TimestepTable table() {
        return draw.table(active());
    }

    /** What ordinary training draws, as a table: all times that any stage may draw lie between those in it. */
    public TimestepTable wholeTable() {
        NoiseDistribution all = draw.distribution();
        return draw.table(TimestepSet.of(all.from(), all.to()));
    }

    /** Whether the draws of a batch are spread evenly over the probability. */
    public boolean stratified() {
        return draw.stratified();
    }

    @Override
    public TimestepSet active() {
        return stages.get(stage - 1);
    }

    /** The lowest time that is drawn now. */
    public double tMin() {
        return active().from();
    }

    /** The highest time that is drawn now: the last timestep of a discrete schedule. */
    public double tMax() {
        return draw.distribution().isDiscrete() ? active().to() - 1 : active().to();
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
