package dev.gradus.diffusion.sampler;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.SamplingConfig.Guidance;
import dev.gradus.diffusion.config.SamplingConfig.Threshold;
import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.diffusion.schedule.EdmSchedule;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GuidanceTest {
    private static final EdmSchedule SCHEDULE = new EdmSchedule(0.002, 80);

    private TensorScope scope;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static NoiseLevel level(double sigma) {
        return SCHEDULE.at(Math.log(sigma));
    }

    /** Conditional estimates 1, 2; unconditional ones 10, 20. Notes how large the batches are. */
    private static Denoiser guided(Guidance guidance, List<Long> batches) {
        Denoiser conditional = (xt, level) -> {
            batches.add(xt.size(0));
            return Torch.tensor(1f, 2f);
        };
        Denoiser both = (xt, level) -> {
            batches.add(xt.size(0));
            float[] x = xt.toFloatArray();
            assertArrayEquals(new float[] {x[0], x[1], x[0], x[1]}, x);
            return Torch.tensor(1f, 2f, 10f, 20f);
        };
        return GuidedDenoiser.guided(conditional, both, guidance);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.5, 2, 7.5})
    void theEstimateIsLinearInTheScaleAndMadeInOneBatch(double scale) {
        List<Long> batches = new ArrayList<>();
        Denoiser denoiser = guided(new Guidance(scale, 0, 100), batches);
        float[] found = denoiser.x0(Torch.tensor(3f, 4f), level(1)).toFloatArray();
        assertEquals(10 + scale * (1 - 10), found[0], 1e-5);
        assertEquals(20 + scale * (2 - 20), found[1], 1e-5);
        assertEquals(List.of(4L), batches);
    }

    @Test
    void scaleOneIsTheConditionalBranchAlone() {
        List<Long> batches = new ArrayList<>();
        float[] found = guided(new Guidance(1, 0, 100), batches)
                .x0(Torch.tensor(3f, 4f), level(1))
                .toFloatArray();
        assertArrayEquals(new float[] {1, 2}, found);
        assertEquals(List.of(2L), batches);
    }

    @ParameterizedTest
    @CsvSource({"0.1, false", "0.5, false", "0.51, true", "2, true", "2.01, false", "50, false"})
    void outsideOfTheIntervalTheConditionalBranchIsAlone(double sigma, boolean inside) {
        List<Long> batches = new ArrayList<>();
        // The bounds are levels of the schedule: a logarithm and back again.
        Guidance guidance = new Guidance(3, level(0.5).ratio(), level(2).ratio());
        float[] found =
                guided(guidance, batches).x0(Torch.tensor(3f, 4f), level(sigma)).toFloatArray();
        assertEquals(inside ? -17 : 1, found[0], 1e-5);
        assertEquals(List.of(inside ? 4L : 2L), batches);
    }

    private static float[] bounded(double quantile, double max, double clip, Tensor x0) {
        SamplingConfig config = SamplingConfig.defaults()
                .with("threshold", new Threshold(quantile, max))
                .with("clip", clip);
        SamplingSteps steps = new SamplingSteps(SCHEDULE, List.of(level(1), NoiseLevel.clean(0)));
        return Sampler.of(config, steps)
                .sample((xt, level) -> x0, Torch.zeros(x0.shape()), null)
                .toFloatArray();
    }

    @Test
    void thresholdingDividesEachImageByItsQuantile() {
        Tensor x0 = Torch.tensor(0f, -1f, 2f, -4f, 0.5f, 0.2f, -0.1f, 0.4f).reshape(2, 1, 2, 2);
        // The 0.5-quantile of 0, 1, 2, 4 is 1.5; that of the other image is below 1, so it stays.
        float[] expected = {0, -1 / 1.5f, 1, -1, 0.5f, 0.2f, -0.1f, 0.4f};
        assertArrayEquals(expected, bounded(0.5, 100, 1, x0), 1e-6f);
        // At most 1.25.
        expected[1] = -1 / 1.25f;
        assertArrayEquals(expected, bounded(0.5, 1.25, 1, x0), 1e-6f);
    }

    @Test
    void withoutAQuantileTheEstimateIsClipped() {
        Tensor x0 = Torch.tensor(0f, -1f, 2f, -4f).reshape(1, 1, 2, 2);
        assertArrayEquals(new float[] {0, -1, 1.5f, -1.5f}, bounded(0, 100, 1.5, x0));
        assertArrayEquals(new float[] {0, -1, 2, -4}, bounded(0, 100, 0, x0));
    }
}
