package dev.gradus.diffusion.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.SamplingConfig.Churn;
import dev.gradus.diffusion.config.SamplingConfig.Kind;
import dev.gradus.diffusion.config.SamplingConfig.Spacing;
import dev.gradus.diffusion.config.ScheduleConfig;
import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Noise levels and samplers, step by step, against what {@code src/test/python/make_sampler_goldens.py} made in float64. */
class SamplerGoldenTest {
    private static final JsonNode GOLDEN = read();

    private static JsonNode read() {
        try (InputStream in = SamplerGoldenTest.class.getResourceAsStream("/goldens/samplers.json")) {
            return new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static <E extends Enum<E>> E constant(Class<E> type, String word) {
        return Enum.valueOf(type, word.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    private static NoiseSchedule schedule(String name) {
        ScheduleConfig defaults = ScheduleConfig.defaults();
        return NoiseSchedule.of(new ScheduleConfig(
                constant(ScheduleConfig.Kind.class, name),
                defaults.timesteps(),
                defaults.betaStart(),
                defaults.betaEnd(),
                defaults.sigmaMin(),
                defaults.sigmaMax(),
                defaults.learned(),
                defaults.learnedLr()));
    }

    private static List<NoiseLevel> levels(String schedule, String spacing) {
        List<NoiseLevel> levels = new ArrayList<>();
        for (JsonNode level : GOLDEN.path("levels").path(schedule).path(spacing)) {
            levels.add(new NoiseLevel(
                    level.get(0).asDouble(),
                    level.get(1).asDouble(),
                    level.get(2).asDouble()));
        }
        return levels;
    }

    static Stream<Arguments> spacings() {
        return GOLDEN.path("levels").properties().stream()
                .flatMap(schedule -> schedule.getValue().properties().stream()
                        .map(spacing -> Arguments.of(schedule.getKey(), spacing.getKey())));
    }

    @ParameterizedTest
    @MethodSource("spacings")
    void noiseLevelsAreThoseOfNumpy(String schedule, String spacing) {
        List<NoiseLevel> expected = levels(schedule, spacing);
        List<NoiseLevel> found = SamplingSteps.of(
                        constant(Spacing.class, spacing), expected.size() - 1, 7, schedule(schedule))
                .levels();
        assertEquals(expected.size(), found.size());
        for (int i = 0; i < expected.size(); i++) {
            // The betas of a discrete schedule are float32, whose roundings add up over 1000 steps: 3e-6 of the ratio,
            // and
            // as much of T in t.
            assertEquals(expected.get(i).t(), found.get(i).t(), 1e-3);
            assertEquals(expected.get(i).alpha(), found.get(i).alpha(), 3e-6);
            assertEquals(
                    expected.get(i).sigma(),
                    found.get(i).sigma(),
                    3e-6 * Math.max(1, expected.get(i).sigma()));
        }
    }

    /** The best denoiser of the script's data. */
    private static Denoiser best() {
        double c = GOLDEN.path("c").asDouble();
        double variance = Math.pow(GOLDEN.path("s").asDouble(), 2);
        return (xt, level) -> {
            double square = level.ratio() * level.ratio();
            double sum = square + variance;
            Tensor y = xt.div(level.alpha());
            return y.mul(c / sum).tanh().mul(square * c).add(y.mul(variance)).div(sum);
        };
    }

    static Stream<Arguments> cases() {
        return GOLDEN.path("cases")
                .valueStream()
                .map(golden -> Arguments.of(
                        golden.path("sampler").asText(), golden.path("schedule").asText(), golden));
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("cases")
    void everyStepIsThatOfThePublishedFormula(String sampler, String schedule, JsonNode golden) {
        JsonNode churn = GOLDEN.path("churn");
        SamplingConfig config = SamplingConfig.defaults()
                .with("sampler", constant(Kind.class, sampler))
                .with("eta", GOLDEN.path("eta").asDouble())
                .with("clip", 0.0)
                .with(
                        "churn",
                        new Churn(
                                churn.path("amount").asDouble(),
                                churn.path("sigmaMin").asDouble(),
                                churn.path("sigmaMax").asDouble(),
                                churn.path("noise").asDouble()));
        NoiseSchedule of = schedule(schedule);
        Walk walk = Walk.of(
                config,
                new SamplingSteps(of, levels(schedule, golden.path("spacing").asText())));
        List<double[]> states = new ArrayList<>();
        int[] drawn = {0};
        try (var _ = TensorScope.open()) {
            Tensor last = walk.sample(
                    best(),
                    tensor(GOLDEN.path("start")),
                    like -> tensor(GOLDEN.path("fresh").get(drawn[0])),
                    step -> {
                        states.add(step.x().toDoubleArray());
                        drawn[0] = step.index() + 1;
                    });
            states.add(last.toDoubleArray());
        }
        for (int step = 0; step < states.size(); step++) {
            JsonNode expected = golden.path("states").get(step);
            for (int i = 0; i < expected.size(); i++) {
                // Float64 in another order of operations, made more of by the large factors of Heun's method; the level
                // that edm goes up to comes through t, in steps of 1e-13 of T.
                double value = expected.get(i).asDouble();
                assertEquals(value, states.get(step)[i], 1e-9 * Math.max(1, Math.abs(value)), "after step " + step);
            }
        }
    }

    private static Tensor tensor(JsonNode values) {
        return Torch.tensor(values.valueStream().mapToDouble(JsonNode::asDouble).toArray());
    }
}
