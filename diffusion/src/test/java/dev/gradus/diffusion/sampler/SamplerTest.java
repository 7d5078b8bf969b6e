package dev.gradus.diffusion.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.SamplingConfig.Kind;
import dev.gradus.diffusion.config.SamplingConfig.Spacing;
import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.diffusion.schedule.BetaSchedule;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * For data distributed as N(MU, S^2) the best denoiser is known: x0 = E[x_0 | x_t] = MU + g (x_t - alpha MU) with g =
 * alpha S^2 / (alpha^2 S^2 + sigma^2). It is affine, so every step of a sampler is affine plus noise, and mean and
 * variance of the samples follow by a recursion that is evaluated here in double.
 */
class SamplerTest {
    private static final double MU = 0.4;
    private static final double S = 0.3;

    private TensorScope scope;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static double gain(double alphaSquared) {
        return Math.sqrt(alphaSquared) * S * S / (alphaSquared * S * S + 1 - alphaSquared);
    }

    private static double alphaSquared(NoiseLevel level) {
        return level.alpha() * level.alpha();
    }

    private static final Denoiser BEST = (xt, level) -> {
        double gain = gain(alphaSquared(level));
        return xt.mul(gain).add(MU - gain * level.alpha() * MU);
    };

    /** x after = slope x + offset + noise z, for one step with the best denoiser. */
    private record Affine(double slope, double offset, double noise) {}

    @FunctionalInterface
    private interface Formula {
        /** Coefficients of x0, of x_t and of z in a step from alpha^2 = a to alpha^2 = b. */
        double[] coefficients(double a, double b);
    }

    /** DDIM as published: equation 12 with the sigma of equation 16 and eps = (x_t - sqrt(a) x0) / sqrt(1 - a). */
    private static Formula ddim(double eta) {
        return (a, b) -> {
            double sigma = eta * Math.sqrt((1 - b) / (1 - a)) * Math.sqrt(1 - a / b);
            double direction = Math.sqrt(1 - b - sigma * sigma);
            return new double[] {
                Math.sqrt(b) - direction * Math.sqrt(a) / Math.sqrt(1 - a), direction / Math.sqrt(1 - a), sigma
            };
        };
    }

    /** DDPM as published: the posterior of equation 7, with alpha_t = a / b and beta_t = 1 - alpha_t. */
    private static final Formula DDPM = (a, b) -> {
        double alpha = a / b;
        double beta = 1 - alpha;
        return new double[] {
            Math.sqrt(b) * beta / (1 - a), Math.sqrt(alpha) * (1 - b) / (1 - a), Math.sqrt((1 - b) / (1 - a) * beta)
        };
    };

    /** DDPM with the other variance of section 3.2, beta_t, and no noise in the step to the image. */
    private static final Formula DDPM_LARGE = (a, b) -> {
        double[] c = DDPM.coefficients(a, b);
        return new double[] {c[0], c[1], b == 1 ? 0 : Math.sqrt(1 - a / b)};
    };

    private static Affine affine(Formula formula, SamplingSteps steps, int step) {
        double a = alphaSquared(steps.levels().get(step));
        double[] c = formula.coefficients(a, alphaSquared(steps.levels().get(step + 1)));
        double gain = gain(a);
        return new Affine(c[0] * gain + c[1], c[0] * (MU - gain * Math.sqrt(a) * MU), c[2]);
    }

    /** Mean and variance of the samples from standard normal noise. */
    private static double[] moments(Formula formula, SamplingSteps steps) {
        double mean = 0;
        double variance = 1;
        for (int i = 0; i < steps.count(); i++) {
            Affine map = affine(formula, steps, i);
            mean = map.slope() * mean + map.offset();
            variance = map.slope() * map.slope() * variance + map.noise() * map.noise();
        }
        return new double[] {mean, variance};
    }

    @ParameterizedTest
    @CsvSource({"LEADING, 10", "TRAILING, 10", "LEADING, 50", "TRAILING, 50", "TRAILING, 1", "TRAILING, 333"})
    void deterministicDdimIsTheAffineMapOfItsFormula(Spacing spacing, int count) {
        for (NoiseSchedule schedule :
                new NoiseSchedule[] {BetaSchedule.linear(1e-4, 0.02, 1000), BetaSchedule.cosine(1000)}) {
            SamplingSteps steps = SamplingSteps.of(spacing, count, 7, schedule);
            Tensor noise = Torch.tensor(-2f, -1f, -0.5f, 0f, 0.5f, 1f, 2f);
            float[] samples = ddim(0, 0, steps).sample(BEST, noise, null).toFloatArray();
            float[] starts = noise.toFloatArray();
            for (int i = 0; i < starts.length; i++) {
                double expected = starts[i];
                for (int step = 0; step < steps.count(); step++) {
                    Affine map = affine(ddim(0), steps, step);
                    expected = map.slope() * expected + map.offset();
                }
                // Float32 rounding, 6e-8 per operation, about 10 operations per step.
                assertEquals(expected, samples[i], 2e-6 + 1e-6 * count);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"0.5, 20", "1, 20", "1, 100"})
    void stochasticDdimHasTheMomentsOfItsFormula(double eta, int count) {
        NoiseSchedule schedule = BetaSchedule.cosine(1000);
        SamplingSteps steps = SamplingSteps.of(Spacing.TRAILING, count, 7, schedule);
        assertMoments(ddim(eta), steps, ddim(eta, 0, steps));
    }

    @ParameterizedTest
    @CsvSource({"LEADING, 20", "TRAILING, 20", "TRAILING, 200"})
    void ddpmHasTheMomentsOfItsFormula(Spacing spacing, int count) {
        NoiseSchedule schedule = BetaSchedule.linear(1e-4, 0.02, 1000);
        SamplingSteps steps = SamplingSteps.of(spacing, count, 7, schedule);
        assertMoments(DDPM, steps, of(Kind.DDPM, 0, 0, steps));
        SamplingConfig large = SamplingConfig.defaults()
                .with("sampler", Kind.DDPM)
                .with("variance", SamplingConfig.Variance.LARGE)
                .with("clip", 0.0);
        assertMoments(DDPM_LARGE, steps, Sampler.of(large, steps));
    }

    private static void assertMoments(Formula formula, SamplingSteps steps, Sampler sampler) {
        int n = 200_000;
        try (Generator generator = Generator.cpu(1)) {
            double[] samples =
                    sampler.sample(BEST, Torch.randn(generator, n), generator).toDoubleArray();
            double[] expected = moments(formula, steps);
            double mean = Arrays.stream(samples).average().orElseThrow();
            double squares =
                    Arrays.stream(samples).map(x -> (x - mean) * (x - mean)).sum();
            // Five standard errors of the mean and of the variance of n normal samples.
            assertEquals(expected[0], mean, 5 * Math.sqrt(expected[1] / n));
            assertEquals(expected[1], squares / (n - 1), 5 * expected[1] * Math.sqrt(2.0 / n));
        }
    }

    @Test
    void manyStepsReachTheDistributionOfTheData() {
        NoiseSchedule schedule = BetaSchedule.cosine(1000);
        SamplingSteps all = SamplingSteps.of(Spacing.TRAILING, 1000, 7, schedule);
        for (Formula formula : new Formula[] {DDPM, ddim(0), ddim(0.5)}) {
            double[] moments = moments(formula, all);
            // The steps are finite, which biases the spread a little; the mean starts at alpha_T MU off, nearly 0.
            assertEquals(MU, moments[0], 1e-3);
            assertEquals(S, Math.sqrt(moments[1]), 0.02 * S);
        }
    }

    @Test
    void everyStepIsThePublishedFormula() {
        NoiseSchedule schedule = BetaSchedule.linear(1e-4, 0.02, 1000);
        for (int t : new int[] {1, 10, 500, 999}) {
            SamplingSteps one = new SamplingSteps(schedule, List.of(schedule.at(t), schedule.at(t - 1)));
            assertStep(DDPM, of(Kind.DDPM, 0, 0, one), one);
            assertStep(ddim(0), ddim(0, 0, one), one);
            assertStep(ddim(0.3), ddim(0.3, 0, one), one);
            assertStep(ddim(1), ddim(1, 0, one), one);
            // DDIM with eta = 1 is DDPM.
            assertStep(DDPM, ddim(1, 0, one), one);
        }
    }

    private static void assertStep(Formula formula, Sampler sampler, SamplingSteps one) {
        float x = 0.7f;
        float x0 = -0.3f;
        try (Generator generator = Generator.cpu(5);
                Generator same = Generator.cpu(5)) {
            double[] c = formula.coefficients(
                    alphaSquared(one.levels().get(0)), alphaSquared(one.levels().get(1)));
            double z = Torch.randnLike(Torch.tensor(x), same).item();
            double found = sampler.sample((xt, t) -> Torch.tensor(x0), Torch.tensor(x), generator)
                    .item();
            // eps loses digits where 1 - a is small, so 1e-5 rather than a few float32 roundings.
            assertEquals(c[0] * x0 + c[1] * x + c[2] * z, found, 1e-5);
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void lastStepAnswersTheEstimate(Kind kind) {
        SamplingSteps one = SamplingSteps.of(Spacing.TRAILING, 1, 7, BetaSchedule.cosine(1000));
        Tensor sample = of(kind, 0, 0, one).sample((xt, t) -> Torch.tensor(0.25f), Torch.tensor(3f), null);
        assertEquals(0.25, sample.item(), 1e-6);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void clippingBoundsTheEstimate(Kind kind) {
        SamplingSteps one = SamplingSteps.of(Spacing.TRAILING, 1, 7, BetaSchedule.cosine(1000));
        Tensor sample = of(kind, 0, 1, one).sample((xt, t) -> Torch.tensor(7f), Torch.tensor(3f), null);
        assertEquals(1, sample.item(), 1e-6);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void ddimKeepsTheNetworksNoiseUnlessToldToComputeItAnew(boolean clipNoise) {
        NoiseSchedule schedule = BetaSchedule.linear(1e-4, 0.02, 1000);
        SamplingSteps one = new SamplingSteps(schedule, List.of(schedule.at(600), schedule.at(500)));
        double a = schedule.at(600).alpha();
        double s = schedule.at(600).sigma();
        double eps = (0.7 - a * (clipNoise ? 1 : 2.5)) / s;
        double expected = schedule.at(500).alpha() + schedule.at(500).sigma() * eps;
        SamplingConfig config = SamplingConfig.defaults().with("clipNoise", clipNoise);
        Tensor sample = Sampler.of(config, one).sample((xt, t) -> Torch.tensor(2.5f), Torch.tensor(0.7f), null);
        assertEquals(expected, sample.item(), 1e-5);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void samplingKeepsTheNoiseAndLeavesNoOtherTensors(Kind kind) {
        SamplingSteps steps = SamplingSteps.of(Spacing.TRAILING, 10, 7, BetaSchedule.cosine(1000));
        Tensor noise = Torch.tensor(1f, 2f);
        try (Generator generator = Generator.cpu(1)) {
            long before = Torch.liveHandles();
            Tensor samples = of(kind, 0, 1, steps).sample(BEST, noise, generator);
            assertEquals(before + 1, Torch.liveHandles());
            assertEquals(2f, noise.toFloatArray()[1]);
            assertFalse(samples.isClosed());
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void theListenerSeesEachStepAndMayEndIt(Kind kind) {
        SamplingSteps steps = SamplingSteps.of(Spacing.TRAILING, 5, 7, BetaSchedule.cosine(1000));
        List<NoiseLevel> levels = new ArrayList<>();
        Sampler sampler = of(kind, 0, 1, steps);
        try (Generator generator = Generator.cpu(1)) {
            sampler.sample(BEST, Torch.tensor(1f), generator, step -> {
                assertEquals(levels.size(), step.index());
                assertEquals(5, step.count());
                assertTrue(Math.abs(step.x0().item()) <= 1, "the estimate is bounded");
                levels.add(step.level());
            });
            assertEquals(steps.levels().subList(0, 5), levels);
            assertThrows(
                    CancellationException.class,
                    () -> sampler.sample(BEST, Torch.tensor(1f), generator, step -> {
                        throw new CancellationException();
                    }));
        }
    }

    private static Sampler ddim(double eta, double clip, SamplingSteps steps) {
        return of(Kind.DDIM, eta, clip, steps);
    }

    private static Sampler of(Kind kind, double eta, double clip, SamplingSteps steps) {
        SamplingConfig config =
                SamplingConfig.defaults().with("sampler", kind).with("eta", eta).with("clip", clip);
        return Sampler.of(config, steps);
    }
}
