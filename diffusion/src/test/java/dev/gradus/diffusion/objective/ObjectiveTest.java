package dev.gradus.diffusion.objective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gradus.diffusion.config.LossWeightConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ObjectiveTest {
    private static final double SIGMA_DATA = 0.5;

    /** Levels along each path. */
    private static List<NoiseLevel> levels(Path path) {
        List<NoiseLevel> levels = new ArrayList<>();
        for (double t : new double[] {1e-3, 0.1, 0.5, 0.77, 0.999}) {
            double angle = Math.PI / 2 * t;
            levels.add(
                    switch (path) {
                        case STRAIGHT -> new NoiseLevel(t, 1 - t, t);
                        case COSINE, CIRCLE -> new NoiseLevel(t, Math.cos(angle), Math.sin(angle));
                        case ADDITIVE -> new NoiseLevel(t, 1, Math.exp(10 * t - 5));
                    });
        }
        return levels;
    }

    private static Stream<Arguments> everyObjectiveOnEveryPath() {
        return Stream.of(TrainConfig.Objective.values())
                .flatMap(objective -> Stream.of(Path.values()).map(path -> Arguments.of(objective, path)));
    }

    @ParameterizedTest
    @MethodSource("everyObjectiveOnEveryPath")
    void aPerfectPredictionGivesBackTheImage(TrainConfig.Objective objective, Path path) {
        double x0 = -0.7;
        double eps = 1.3;
        for (NoiseLevel level : levels(path)) {
            Coefficients at = Objective.of(objective, path, SIGMA_DATA).at(level);
            double xt = level.alpha() * x0 + level.sigma() * eps;
            double target = at.x0() * x0 + at.eps() * eps;
            assertEquals(x0, at.skip() * xt + at.out() * target, 1e-9, level.toString());
        }
    }

    @ParameterizedTest
    @MethodSource("everyObjectiveOnEveryPath")
    void theErrorFactorIsTheRatioOfTheSquaredErrors(TrainConfig.Objective objective, Path path) {
        for (NoiseLevel level : levels(path)) {
            Coefficients at = Objective.of(objective, path, SIGMA_DATA).at(level);
            double moved = at.skip() * 0.3 + at.out() * 1.01 - (at.skip() * 0.3 + at.out());
            assertEquals(at.errorFactor(), 0.01 * 0.01 / (moved * moved), 1e-6 * at.errorFactor());
        }
    }

    /** The published targets, as coefficients of x_0 and eps at alpha 0.8 and sigma 0.6. */
    @ParameterizedTest
    @CsvSource({
        "EPSILON, CIRCLE, 0, 1",
        "X0, CIRCLE, 1, 0",
        "V, CIRCLE, -0.6, 0.8",
        "FLOW, CIRCLE, -0.6, 0.8",
        "FLOW, COSINE, -0.9424777960769379, 1.2566370614359172",
        "FLOW, STRAIGHT, -1, 1"
    })
    void targetsAreThePublishedOnes(TrainConfig.Objective objective, Path path, double x0, double eps) {
        Coefficients at = Objective.of(objective, path, SIGMA_DATA).at(new NoiseLevel(0.5, 0.8, 0.6));
        assertEquals(x0, at.x0(), 1e-12);
        assertEquals(eps, at.eps(), 1e-12);
        assertEquals(1, at.in());
    }

    @Test
    void flowOnTheStraightPathTakesTheVelocityOff() {
        Coefficients at = Objective.flow(Path.STRAIGHT).at(new NoiseLevel(0.3, 0.7, 0.3));
        assertEquals(1, at.skip(), 1e-12);
        assertEquals(-0.3, at.out(), 1e-12);
    }

    /** Table 1 of Karras et al. (arXiv 2206.00364). */
    @Test
    void edmHasThePublishedPreconditioning() {
        for (NoiseLevel level : levels(Path.ADDITIVE)) {
            double sigma = level.sigma();
            double sum = sigma * sigma + SIGMA_DATA * SIGMA_DATA;
            Coefficients at = Objective.edm(SIGMA_DATA).at(level);
            assertEquals(1 / Math.sqrt(sum), at.in(), 1e-12);
            assertEquals(SIGMA_DATA * SIGMA_DATA / sum, at.skip(), 1e-12);
            assertEquals(sigma * SIGMA_DATA / Math.sqrt(sum), at.out(), 1e-12);
            // Its target has variance 1 for images of variance sigmaData^2.
            assertEquals(1, at.x0() * at.x0() * SIGMA_DATA * SIGMA_DATA + at.eps() * at.eps(), 1e-12);
        }
    }

    /** Scaling x_t by alpha changes nothing: EDM on any path is EDM on x_t / alpha. */
    @Test
    void edmDoesNotDependOnTheScaleOfThePath() {
        for (NoiseLevel level : levels(Path.CIRCLE)) {
            Coefficients at = Objective.edm(SIGMA_DATA).at(level);
            Coefficients plain = Objective.edm(SIGMA_DATA).at(new NoiseLevel(0, 1, level.ratio()));
            assertEquals(plain.in() / level.alpha(), at.in(), 1e-9 * at.in());
            assertEquals(plain.skip() / level.alpha(), at.skip(), 1e-9);
            assertEquals(plain.out(), at.out(), 1e-9);
        }
    }

    /** Weights of the noise's error at an SNR of 16/9 by the papers' own formulas; min-SNR's for v in its appendix. */
    @ParameterizedTest
    @CsvSource({
        "UNIFORM, EPSILON, 1",
        "UNIFORM, V, 1",
        "MIN_SNR, EPSILON, 0.5625", // gamma / SNR with gamma 1
        "MIN_SNR, V, 0.36", // gamma / (SNR + 1)
        "MIN_SNR, X0, 1", // gamma
        "SOFT_MIN_SNR, X0, 0.64", // 1 / (9/16 + 1)
        "P2, EPSILON, 0.36", // 1 / (1 + SNR)
        "EDM, X0, 5.777777777777778", // 16/9 + 4
        "EDM, EDM, 1"
    })
    void weightsAreThePublishedOnes(LossWeightConfig.Kind kind, TrainConfig.Objective objective, double expected) {
        LossWeight weight = LossWeight.of(new LossWeightConfig(kind, 1, 1, 1), SIGMA_DATA);
        NoiseLevel level = new NoiseLevel(0, 0.8, 0.6);
        assertEquals(
                expected,
                weight.of(
                        level, Objective.of(objective, Path.CIRCLE, SIGMA_DATA).at(level)),
                1e-12);
    }

    @Test
    void impossibleConstantsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Objective.edm(0));
        assertThrows(IllegalArgumentException.class, () -> LossWeight.minSnr(-1));
        assertThrows(IllegalArgumentException.class, () -> LossWeight.softMinSnr(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> LossWeight.p2(0, 1));
        assertThrows(IllegalArgumentException.class, () -> LossWeight.p2(1, -1));
        assertThrows(IllegalArgumentException.class, () -> LossWeight.edm(Double.POSITIVE_INFINITY));
    }
}
