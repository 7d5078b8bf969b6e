package dev.gradus.diffusion.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gradus.diffusion.curriculum.TimestepRange;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SwitchingDenoiserTest {
    @ParameterizedTest
    @CsvSource({
        // A cluster in the middle, with times between timesteps.
        "200, 400, 999, 199.9, false",
        "200, 400, 999, 200, true",
        "200, 400, 999, 399.9, true",
        "200, 400, 999, 400, false",
        // The last cluster, of a discrete and of a continuous schedule.
        "800, 1000, 999, 999, true",
        "0.5, 1, 1, 1, true",
        "0.5, 0.9, 1, 1, false"
    })
    void theExpertAnswersInItsIntervalOnly(double from, double to, double end, double t, boolean inside) {
        try (var _ = TensorScope.open()) {
            Tensor xt = Torch.ones(1, 1, 2, 2);
            SwitchingDenoiser denoiser = new SwitchingDenoiser(
                    new TimestepRange(from, to), end, (x, level) -> x.mul(2.0), (x, level) -> x.mul(3.0));
            assertEquals(
                    inside ? 8 : 12,
                    denoiser.x0(xt, new NoiseLevel(t, 0.8, 0.6)).sum().item());
        }
    }
}
