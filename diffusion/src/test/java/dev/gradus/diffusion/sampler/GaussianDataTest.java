package dev.gradus.diffusion.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.SamplingConfig.Churn;
import dev.gradus.diffusion.config.SamplingConfig.Kind;
import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.diffusion.schedule.BetaSchedule;
import dev.gradus.diffusion.schedule.EdmSchedule;
import dev.gradus.diffusion.schedule.FlowSchedule;
import dev.gradus.diffusion.schedule.LearnedSchedule;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.DType;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Samplers against the exact solution for data distributed as N(MU, S^2). With y = x / alpha and p = sigma / alpha the best
 * denoiser is E[x_0 | y] = MU + S^2 / (S^2 + p^2) (y - MU), and the probability flow from p to q is
 *
 * <pre>
 * y -> MU + (y - MU) sqrt((S^2 + q^2) / (S^2 + p^2))
 * </pre>
 *
 * All in float64, from a high noise level to a low one, over stops whose p^(1/7) is equally far apart.
 */
class GaussianDataTest {
    private static final double MU = 0.4;
    private static final double S = 0.3;
    private static final double HIGH = 10;
    private static final double LOW = 0.05;

    private static final Map<String, NoiseSchedule> SCHEDULES = Map.of(
            "linear", BetaSchedule.linear(1e-4, 0.02, 1000),
            "cosine", BetaSchedule.cosine(1000),
            "edm", new EdmSchedule(0.002, 80),
            "flow-linear", FlowSchedule.linear(),
            "flow-cosine", FlowSchedule.cosine(),
            "learned", LearnedSchedule.equalDifficulty(BetaSchedule.cosine(1000)));

    private static final Denoiser BEST = (xt, level) -> {
        double gain = S * S / (S * S + level.ratio() * level.ratio());
        return xt.mul(gain / level.alpha()).add((1 - gain) * MU);
    };

    private TensorScope scope;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static SamplingSteps steps(NoiseSchedule schedule, int count) {
        List<NoiseLevel> levels = new ArrayList<>();
        for (int i = 0; i <= count; i++) {
            double root = Math.pow(HIGH, 1 / 7.0) + i * (Math.pow(LOW, 1 / 7.0) - Math.pow(HIGH, 1 / 7.0)) / count;
            levels.add(schedule.at(schedule.timeOf(-2 * Math.log(Math.pow(root, 7)))));
        }
        return new SamplingSteps(schedule, levels);
    }

    private static Walk walk(Kind kind, SamplingSteps steps) {
        SamplingConfig config = SamplingConfig.defaults()
                .with("sampler", kind)
                .with("eta", 1.0)
                .with("clip", 0.0)
                // As much new noise over the whole way, however many steps it has.
                .with("churn", new Churn(3, 0, 1e6, 1));
        return Walk.of(config, steps);
    }

    private static Stream<Arguments> onAllSchedules(Map<?, ?> kinds) {
        return kinds.entrySet().stream()
                .flatMap(kind -> SCHEDULES.keySet().stream()
                        .sorted()
                        .map(schedule -> Arguments.of(kind.getKey(), kind.getValue(), schedule)));
    }

    static Stream<Arguments> orders() {
        return onAllSchedules(
                Map.of(Kind.EULER, 1, Kind.FLOW_EULER, 1, Kind.HEUN, 2, Kind.FLOW_HEUN, 2, Kind.DPM_SOLVER_2M, 2));
    }

    @ParameterizedTest(name = "{0}: order {1} on {2}")
    @MethodSource("orders")
    void halvingTheStepDividesTheErrorByTwoToTheOrder(Kind kind, int order, String schedule) {
        // Terms of the next order are left: a few percent of the factor at 100 steps.
        assertEquals(
                Math.pow(2, order),
                error(kind, SCHEDULES.get(schedule), 100) / error(kind, SCHEDULES.get(schedule), 200),
                0.1 * Math.pow(2, order));
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("schedules")
    void deterministicDdimIsEuler(String schedule) {
        SamplingSteps steps = steps(SCHEDULES.get(schedule), 20);
        Tensor noise = Torch.tensor(-1.5, 0.0, 2.0);
        double[] euler = walk(Kind.EULER, steps).sample(BEST, noise, null).toDoubleArray();
        SamplingConfig ddim = SamplingConfig.defaults().with("clip", 0.0);
        double[] found = Sampler.of(ddim, steps).sample(BEST, noise, null).toDoubleArray();
        for (int i = 0; i < euler.length; i++) {
            assertEquals(euler[i], found[i], 1e-12);
        }
    }

    static Stream<String> schedules() {
        return SCHEDULES.keySet().stream().sorted();
    }

    private static double error(Kind kind, NoiseSchedule schedule, int count) {
        SamplingSteps steps = steps(schedule, count);
        NoiseLevel first = steps.levels().getFirst();
        NoiseLevel last = steps.levels().getLast();
        double[] starts = {-1.5, 0, 2};
        double[] found =
                walk(kind, steps).sample(BEST, Torch.tensor(starts), null).toDoubleArray();
        double shrink = Math.sqrt((S * S + LOW * LOW) / (S * S + HIGH * HIGH));
        double worst = 0;
        for (int i = 0; i < starts.length; i++) {
            double y = starts[i] * schedule.startScale(first) / first.alpha();
            worst = Math.max(worst, Math.abs(found[i] / last.alpha() - (MU + (y - MU) * shrink)));
        }
        return worst;
    }

    /** The map of a sampler with the best denoiser: y after = slope y + offset + noise of a variance, for y = x / alpha. */
    private record Affine(double slope, double offset, double variance) {
        /** Takes it apart: images that start at 0 or 1 and get no noise, and one for each step that gets noise in it alone. */
        static Affine of(Walk walk) {
            List<NoiseLevel> levels = walk.steps().levels();
            int count = walk.steps().count();
            double scale = walk.steps().schedule().startScale(levels.getFirst());
            double[] starts = new double[count + 2];
            starts[1] = levels.getFirst().alpha() / scale;
            int[] step = {0};
            double[] found = walk.sample(
                            BEST,
                            Torch.tensor(starts),
                            like -> {
                                double[] fresh = new double[count + 2];
                                fresh[step[0] + 2] = 1;
                                return Torch.tensor(fresh);
                            },
                            done -> step[0]++)
                    .div(levels.getLast().alpha())
                    .toDoubleArray();
            double variance = 0;
            for (int i = 2; i < found.length; i++) {
                variance += (found[i] - found[0]) * (found[i] - found[0]);
            }
            return new Affine(found[1] - found[0], found[0], variance);
        }

        double mean() {
            return slope * MU + offset;
        }

        /** Of what started with the right distribution. */
        double total() {
            return slope * slope * (S * S + HIGH * HIGH) + variance;
        }
    }

    static Stream<Arguments> stochastic() {
        return onAllSchedules(
                Map.of(Kind.DDPM, 1, Kind.EULER_ANCESTRAL, 1, Kind.DDIM, 1, Kind.SDE_DPM_SOLVER_2M, 2, Kind.EDM, 2));
    }

    @ParameterizedTest(name = "{0}: order {1} on {2}")
    @MethodSource("stochastic")
    void theBiasOfTheVarianceFallsWithTheStep(Kind kind, int order, String schedule) {
        double[] bias = new double[3];
        for (int i = 0; i < 3; i++) {
            Affine map = Affine.of(walk(kind, steps(SCHEDULES.get(schedule), 100 << i)));
            // The mean is a fixed point of each step, but for roundings.
            assertEquals(MU, map.mean(), 1e-9);
            assertTrue(map.variance() > 1e-4, "no noise was added");
            bias[i] = Math.abs(map.total() - (S * S + LOW * LOW));
        }
        assertTrue(bias[2] < 0.02 * S * S, Arrays.toString(bias));
        assertEquals(Math.pow(2, order), bias[1] / bias[2], 0.15 * Math.pow(2, order), Arrays.toString(bias));
        assertEquals(Math.pow(2, order), bias[0] / bias[1], 0.3 * Math.pow(2, order), Arrays.toString(bias));
    }

    @ParameterizedTest(name = "{0} on {2}")
    @MethodSource("stochastic")
    void samplesHaveTheMomentsOfTheMap(Kind kind, int order, String schedule) {
        int n = 20_000;
        Walk walk = walk(kind, steps(SCHEDULES.get(schedule), 10));
        Affine map = Affine.of(walk);
        NoiseLevel first = walk.steps().levels().getFirst();
        try (Generator generator = Generator.cpu(1)) {
            Tensor z = Torch.randn(generator, TensorOptions.defaults().dtype(DType.FLOAT64), n);
            Tensor start = z.mul(Math.sqrt(S * S + HIGH * HIGH))
                    .add(MU)
                    .mul(first.alpha() / walk.steps().schedule().startScale(first));
            double[] samples = walk.sample(BEST, start, generator)
                    .div(walk.steps().levels().getLast().alpha())
                    .toDoubleArray();
            double mean = Arrays.stream(samples).average().orElseThrow();
            double squares =
                    Arrays.stream(samples).map(x -> (x - mean) * (x - mean)).sum();
            // Five standard errors of the mean and of the variance of n normal samples.
            assertEquals(map.mean(), mean, 5 * Math.sqrt(map.total() / n));
            assertEquals(map.total(), squares / (n - 1), 5 * map.total() * Math.sqrt(2.0 / n));
        }
    }
}
