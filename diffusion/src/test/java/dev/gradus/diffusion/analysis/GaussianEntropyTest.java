package dev.gradus.diffusion.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.torch.DType;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Linalg;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GaussianEntropyTest {
    private static final List<Transition> TRANSITIONS = List.of(
            new Transition(new NoiseLevel(0, 0.999, 0.006), new NoiseLevel(1, 0.998, 0.01)),
            new Transition(new NoiseLevel(0, 0.7, 0.6), new NoiseLevel(1, 0.5, 0.9)));

    /**
     * D = 1/2 (tr(S_t^-1 S_{t-1}) - D + ln det S_t - ln det S_{t-1} + d' S_t^-1 d), by solving and determinants instead of
     * eigenvalues.
     */
    private static double byDeterminants(Tensor mean, Tensor covariance, Transition t) {
        long n = mean.size(0);
        Tensor identity = Torch.eye(TensorOptions.of(DType.FLOAT64), n);
        Tensor before = covariance
                .mul(t.before().alpha() * t.before().alpha())
                .add(identity.mul(t.before().sigma() * t.before().sigma()));
        Tensor after = covariance
                .mul(t.after().alpha() * t.after().alpha())
                .add(identity.mul(t.after().sigma() * t.after().sigma()));
        Tensor shift = mean.mul(t.before().alpha() - t.after().alpha()).unsqueeze(1);
        double trace = Linalg.solve(after, before).trace().item();
        double quadratic = shift.t().mm(Linalg.solve(after, shift)).item();
        double determinants = Linalg.slogdet(after).logabsdet().item()
                - Linalg.slogdet(before).logabsdet().item();
        return 0.5 * (trace - n + determinants + quadratic);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 10, 60})
    void isTheRelativeEntropyOfTheTwoGaussians(int dimension) {
        try (var _ = TensorScope.open();
                Generator generator = Generator.cpu(dimension)) {
            TensorOptions wide = TensorOptions.of(DType.FLOAT64);
            Tensor root = Torch.randn(generator, wide, dimension, dimension);
            Tensor covariance = root.mm(root.t()).div(dimension);
            Tensor mean = Torch.randn(generator, wide, dimension);
            var eigen = Linalg.eigh(covariance);
            GaussianEntropy entropy = new GaussianEntropy(
                    eigen.eigenvalues().toDoubleArray(),
                    eigen.eigenvectors().t().matmul(mean).toDoubleArray());
            for (Transition t : TRANSITIONS) {
                double expected = byDeterminants(mean, covariance, t);
                assertEquals(expected, entropy.of(t), 1e-9 * expected);
            }
        }
    }

    @Test
    void takesMeanAndCovarianceFromTheImages() {
        Points points = MixtureEntropyTest.random(40, 7);
        GaussianEntropy entropy = GaussianEntropy.fit(points, EntropyOptions.defaults(), (what, done, total) -> {});
        try (var _ = TensorScope.open()) {
            Tensor data = Torch.zeros(TensorOptions.of(DType.FLOAT64), 40, 7);
            for (int i = 0; i < 40; i++) {
                data.select(0, i).copy_(Torch.fromArray(points.values()[i], 7));
            }
            Tensor mean = data.mean(0);
            Tensor centred = data.sub(mean);
            for (Transition t : TRANSITIONS) {
                double expected = byDeterminants(mean, centred.t().mm(centred).div(40), t);
                assertEquals(expected, entropy.of(t), 1e-9 * expected);
            }
        }
    }

    @Test
    void pixelsThatNeverChangeAreNoiseAndShift() {
        Points constant = new Points(new float[] {-1, -1}, new float[] {-1, -1});
        GaussianEntropy entropy = GaussianEntropy.fit(constant, EntropyOptions.defaults(), (what, done, total) -> {});
        for (Transition t : TRANSITIONS) {
            assertEquals(t.betweenImages(2, 2), entropy.of(t), 1e-12 * entropy.of(t));
        }
    }

    @Test
    void isTheLimitOfTheMixtureWhereNoiseDrownsTheImages() {
        // Spread 0.03 against sigma 0.9: what the data's higher moments add is of order (0.03 / 0.9)^4.
        float[][] values = MixtureEntropyTest.random(200, 5).values();
        for (float[] value : values) {
            for (int i = 0; i < value.length; i++) {
                value[i] = 0.3f + 0.05f * value[i];
            }
        }
        Transition t = new Transition(new NoiseLevel(0, 0.6, 0.8), new NoiseLevel(1, 0.436, 0.9));
        EntropyOptions options = EntropyOptions.defaults();
        GaussianEntropy gaussian = GaussianEntropy.fit(new Points(values), options, (what, done, total) -> {});
        try (MixtureEntropy mixture = new MixtureEntropy(new Points(values), List.of(t), options)) {
            Estimate estimate =
                    mixture.estimate((what, done, total) -> {}).getFirst().chosen();
            assertTrue(estimate.standardError() < 0.01 * estimate.value(), estimate::toString);
            assertEquals(gaussian.of(t), estimate.value(), 4 * estimate.standardError());
        }
    }
}
