package dev.gradus.torch.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gradus.torch.Goldens;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The rates of 60 steps against torch.optim.lr_scheduler, made by src/test/python/make_optim_goldens.py. PyTorch multiplies
 * step by step where the closed form does not, so they differ by a few roundings of a double.
 */
class LearningRateTest {
    private static final double TOLERANCE = 1e-14;
    private static final double BASE = 0.1;

    private static final Map<String, LearningRate> SCHEDULES = Map.ofEntries(
            Map.entry("constant", LearningRate.constant(BASE)),
            Map.entry("constant.factor", LearningRate.constant(BASE, 0.25, 7)),
            Map.entry("linear", LearningRate.linear(BASE, 0.1, 0.9, 20)),
            Map.entry("step", LearningRate.step(BASE, 9, 0.5)),
            Map.entry("multistep", LearningRate.multiStep(BASE, 0.3, 30, 8, 31)),
            Map.entry("exponential", LearningRate.exponential(BASE, 0.95)),
            Map.entry("cosine", LearningRate.cosine(BASE, 40, 0.01)),
            Map.entry("restarts", LearningRate.cosineRestarts(BASE, 7, 2, 0.02)),
            Map.entry("restarts.even", LearningRate.cosineRestarts(BASE, 7, 1, 0)),
            Map.entry("polynomial", LearningRate.polynomial(BASE, 50, 1.7)),
            Map.entry("onecycle", LearningRate.oneCycle(0.3, 61)),
            Map.entry("onecycle.linear", new OneCycle(0.3, 70, 0.4, false, 10, 100, true)),
            Map.entry("inverse", LearningRate.inverseSquareRoot(BASE, 16)),
            Map.entry(
                    "chained",
                    LearningRate.chained(
                            BASE, List.of(LearningRate.constant(1, 0.5, 12), LearningRate.exponential(1, 0.9)))),
            Map.entry(
                    "sequential",
                    LearningRate.sequential(
                            List.of(
                                    LearningRate.linear(BASE, 0.1, 1, 10),
                                    LearningRate.cosine(BASE, 30, 0),
                                    LearningRate.constant(BASE, 0.2, 100)),
                            10,
                            40)));

    static Set<String> schedules() {
        return new TreeSet<>(SCHEDULES.keySet());
    }

    @ParameterizedTest
    @MethodSource("schedules")
    void sixtyStepsEqualPythons(String name) {
        try (Goldens goldens = new Goldens("/optim/rates.safetensors")) {
            double[] expected = goldens.get(name).toDoubleArray();
            for (int step = 0; step < expected.length; step++) {
                assertEquals(expected[step], SCHEDULES.get(name).at(step), TOLERANCE, name + " at " + step);
            }
        }
    }

    private static final Map<String, ReduceOnPlateau.Options> PLATEAUS = Map.of(
            "plateau",
            ReduceOnPlateau.Options.defaults().withPatience(4),
            "plateau.all",
            new ReduceOnPlateau.Options(true, 0.5, 2, 0.05, false, 3, 0.02, 1e-8));

    static Set<String> plateaus() {
        return PLATEAUS.keySet();
    }

    @ParameterizedTest
    @MethodSource("plateaus")
    void aPlateauLowersTheRateAsInPythonAlsoWhenResumed(String name) {
        try (Goldens goldens = new Goldens("/optim/rates.safetensors")) {
            double[] expected = goldens.get(name).toDoubleArray();
            double[] metrics = goldens.get("metrics").toDoubleArray();
            ReduceOnPlateau plateau = new ReduceOnPlateau(BASE, PLATEAUS.get(name));
            for (int step = 0; step < expected.length; step++) {
                assertEquals(expected[step], plateau.learningRate(), TOLERANCE, name + " at " + step);
                plateau.step(metrics[step]);
                ReduceOnPlateau resumed = new ReduceOnPlateau(7, PLATEAUS.get(name));
                resumed.loadState(plateau.state());
                plateau = resumed;
            }
        }
    }

    @Test
    void whatIsOutOfRangeIsRefusedByName() {
        assertEquals(
                "the step must be at least 0, is -1",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> SCHEDULES.get("cosine").at(-1))
                        .getMessage());
        assertEquals(
                "the step of a cycle of 61 must be in [0, 61), is 61",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> SCHEDULES.get("onecycle").at(61))
                        .getMessage());
        assertEquals(
                "2 learning rates need 1 milestones, there are 0",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> LearningRate.sequential(
                                        List.of(LearningRate.constant(1), LearningRate.constant(2))))
                        .getMessage());
        assertEquals(
                "factor must be above 0 and below 1, is 1.0",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> ReduceOnPlateau.Options.defaults().withFactor(1))
                        .getMessage());
    }
}
