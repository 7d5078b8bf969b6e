package dev.gradus.diffusion.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.model.DiTConfig;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigTest {
    private static Arguments bad(String key, Executable construction) {
        return Arguments.of(key, construction);
    }

    static Stream<Arguments> badValues() {
        var lr = OptimizerConfig.LrSchedule.CONSTANT;
        List<Double> betas = List.of(0.9, 0.999);
        return Stream.of(
                bad("data.format", () -> new DataConfig(null, null, 1)),
                bad("data.path", () -> new DataConfig(DataConfig.Format.IDX, null, 1)),
                bad("data.path", () -> new DataConfig(DataConfig.Format.FASHION_MNIST, " ", 1)),
                bad("data.workers", () -> new DataConfig(DataConfig.Format.FASHION_MNIST, null, 0)),
                change("schedule.timesteps", 0),
                change("schedule.betaStart", 0.0),
                change("schedule.betaStart", Double.NaN),
                change("schedule.betaEnd", 1e-5),
                change("schedule.sigmaMin", 0.0),
                change("schedule.sigmaMax", 1e-3),
                change("schedule.learned", null),
                change("schedule.learnedLr", -1.0),
                change("sigmaData", 0.0),
                change("lossWeight.kind", null),
                change("lossWeight.gamma", 0.0),
                change("lossWeight.p2K", Double.NaN),
                change("lossWeight.p2Gamma", -1.0),
                change("noise.distribution", null),
                change("noise.mean", Double.NaN),
                change("noise.deviation", 0.0),
                change("curriculum.order", null),
                change("curriculum.clustering", null),
                change("curriculum.clusters", 0),
                change("curriculum.clusters", 1001),
                change("curriculum.only", 20),
                change("curriculum.only", -1),
                change("curriculum.patience", -1),
                change("curriculum.stepsPerStage", 0),
                change("curriculum.smoothing", 1.0),
                bad(
                        "curriculum.difficulty",
                        () -> TrainConfig.defaults()
                                .with("curriculum.clustering", CurriculumConfig.Clustering.DIFFICULTY)),
                bad("optimizer.lr", () -> new OptimizerConfig(0, lr, 0, 0, betas, 1e-8, 0, 1)),
                bad("optimizer.betas", () -> new OptimizerConfig(1, lr, 0, 0, List.of(0.9), 1e-8, 0, 1)),
                bad("optimizer.betas", () -> new OptimizerConfig(1, lr, 0, 0, List.of(0.9, 1.0), 1e-8, 0, 1)),
                bad("optimizer.eps", () -> new OptimizerConfig(1, lr, 0, 0, betas, 0, 0, 1)),
                bad("optimizer.weightDecay", () -> new OptimizerConfig(1, lr, 0, 0, betas, 1e-8, -1, 1)),
                bad("optimizer.clip", () -> new OptimizerConfig(1, lr, 0, 0, betas, 1e-8, 0, Double.NaN)),
                change("optimizer.decayAfter", -1),
                change("memory", null),
                change("memory.pieces", 0),
                change("memory.pieces", 65),
                change("memory.format", null),
                change("divergence", null),
                change("divergence.stopAfter", 0),
                change("divergence.spike", -1.0),
                change("ema.decay", 1.0),
                change("ema.halfLife", 0.0),
                change("ema.rampUp", -1.0),
                change("ema.further", List.of(0.0)),
                change("ema.further", List.of(5.0, 5.0)),
                change("ema.power", List.of(0.3)),
                change("ema.power", List.of(0.1, 0.1)),
                change("ema.snapshotEvery", -1),
                change("ema.snapshotEvery", 5),
                change("checkpoint", null),
                change("checkpoint.every", -1),
                change("checkpoint.keepLast", -1),
                change("checkpoint.keepEvery", -1),
                change("checkpoint.keepBest", -1),
                change("sampling.sampler", null),
                change("sampling.count", 0),
                change("sampling.steps", 0),
                change("sampling.eta", 1.1),
                change("sampling.spacing", null),
                change("sampling.rho", 0.0),
                change("sampling.clip", -1.0),
                change("sampling.threshold", null),
                change("sampling.threshold.quantile", 1.5),
                change("sampling.threshold.max", 0.5),
                change("sampling.churn.amount", -1.0),
                change("sampling.churn.sigmaMin", Double.NaN),
                change("sampling.churn.sigmaMax", -1.0),
                change("sampling.churn.noise", -1.0),
                change("sampling.guidance.scale", -1.0),
                change("sampling.guidance.sigmaMin", -1.0),
                change("sampling.guidance.sigmaMax", Double.POSITIVE_INFINITY));
    }

    private static Arguments change(String key, Object value) {
        return bad(key, () -> TrainConfig.defaults().with(key, value));
    }

    @ParameterizedTest
    @MethodSource("badValues")
    void badValueIsRefusedWithItsKey(String key, Executable construction) {
        assertEquals(key, assertThrows(ConfigException.class, construction).key());
    }

    @Test
    void aCopyChangesOneValue() {
        TrainConfig config = TrainConfig.defaults().with("optimizer.lr", 0.5).with("steps", 7);
        assertEquals(0.5, config.optimizer().lr());
        assertEquals(7, config.steps());
        assertEquals(TrainConfig.defaults(), config.with("optimizer.lr", 1e-4).with("steps", 10_000));
    }

    @Test
    void aCopyWithAnUnknownKeyOrAWrongTypeIsRefused() {
        TrainConfig config = TrainConfig.defaults();
        var unknown = assertThrows(ConfigException.class, () -> config.with("optimizer.rl", 1.0));
        assertEquals("optimizer.rl: is not a key of the configuration; did you mean 'lr'?", unknown.getMessage());
        assertEquals(
                "steps.x",
                assertThrows(ConfigException.class, () -> config.with("steps.x", 1))
                        .key());
        var type = assertThrows(ConfigException.class, () -> config.with("optimizer.lr", "fast"));
        assertEquals("optimizer.lr: must be of the type double, is fast", type.getMessage());
        assertEquals(
                "steps",
                assertThrows(ConfigException.class, () -> config.with("steps", 0))
                        .key());
        assertEquals(
                "steps",
                assertThrows(ConfigException.class, () -> config.with("steps", null))
                        .key());
    }

    @Test
    void messageNamesKeyRuleAndValue() {
        var e = assertThrows(
                ConfigException.class, () -> CurriculumConfig.defaults().with("clusters", 0));
        assertEquals("curriculum.clusters: must be at least 1, is 0", e.getMessage());
    }

    @Test
    void defaultsAreValidAndSpelledAsInTheFile() {
        ObjectNode tree = ConfigJson.of(TrainConfig.defaults());
        assertEquals("fashion-mnist", tree.at("/data/format").asText());
        assertEquals("easy-to-hard", tree.at("/curriculum/order").asText());
        assertEquals(0.999, tree.at("/optimizer/betas/1").asDouble());
        assertEquals("auto", tree.at("/precision").asText());
        assertEquals(28, tree.at("/model/sampleSize").asInt());
    }

    @Test
    void differenceNamesTheFirstKeyThatMayNotDiffer() throws Exception {
        ObjectNode here = ConfigJson.of(TrainConfig.defaults());
        ObjectNode there = (ObjectNode) new ObjectMapper().readTree(here.toString());
        assertEquals(Optional.empty(), ConfigJson.difference(there, here, Set.of()));
        there.put("steps", 5);
        ((ObjectNode) there.get("ema")).put("decay", 0.5);
        assertEquals(
                Optional.of("ema.decay is 0.5 there and 0.999 here"),
                ConfigJson.difference(there, here, Set.of("steps")));
    }

    /** What an older version saved does not have the keys that came later. */
    @Test
    void keysThatASavedConfigurationLacksHaveTheirDefaults() {
        TrainConfig config =
                TrainConfig.defaults().with("model", DiTConfig.fashion()).with("steps", 7);
        ObjectNode saved = ConfigJson.of(config);
        saved.remove("memory");
        saved.remove("lossWeight");
        ((ObjectNode) saved.get("conditioning")).remove("text");
        ((ObjectNode) saved.get("model")).remove("mlpRatio");
        assertEquals(ConfigJson.of(config), ConfigJson.complete(saved));
        assertEquals(
                Optional.of("memory.pieces is 1 there and 2 here"),
                ConfigJson.difference(
                        ConfigJson.complete(saved), ConfigJson.of(config.with("memory.pieces", 2)), Set.of()));
    }

    @Test
    void emaWarmsUpWithTheSteps() {
        TrainConfig config = TrainConfig.defaults().with("ema.decay", 0.9);
        EmaConfig ema = config.ema();
        assertEquals(0.1, ema.decayAt(0, 64));
        assertEquals(11.0 / 20, ema.decayAt(10, 64));
        assertEquals(0.9, ema.decayAt(1000, 64));
        assertEquals(0.9, config.with("ema.warmup", false).ema().decayAt(0, 64));
    }

    @Test
    void aHalfLifeIsInImagesWhateverTheBatch() {
        EmaConfig ema = TrainConfig.defaults().with("ema.halfLife", 1000.0).ema();
        assertEquals(0.5, ema.decayAt(0, 1000), 1e-12);
        assertEquals(0.5, Math.pow(ema.decayAt(7, 10), 100), 1e-12);
        assertEquals(0.25, ema.decayAt(3, 1000, 500), 1e-12);
    }

    @Test
    void theHalfLifeRampsUpWithTheImagesSeen() {
        EmaConfig ema = TrainConfig.defaults()
                .with("ema.halfLife", 1000.0)
                .with("ema.rampUp", 0.05)
                .ema();
        // Nothing of the initialisation is left after the first step.
        assertEquals(0, ema.decayAt(0, 100));
        // 0.05 of 2,000 images is one batch of 100.
        assertEquals(0.5, ema.decayAt(20, 100), 1e-12);
        assertEquals(Math.pow(0.5, 0.1), ema.decayAt(200, 100), 1e-12);
        assertEquals(Math.pow(0.5, 0.1), ema.decayAt(100_000, 100), 1e-12);
    }
}
