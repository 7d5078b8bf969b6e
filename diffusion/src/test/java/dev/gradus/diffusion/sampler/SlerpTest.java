package dev.gradus.diffusion.sampler;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import org.junit.jupiter.api.Test;

class SlerpTest {
    @Test
    void aQuarterOfARightAngleIsTwentyTwoAndAHalfDegrees() {
        try (var _ = TensorScope.open()) {
            Tensor a = Torch.tensor(1.0, 0.0).reshape(1, 2);
            Tensor b = Torch.tensor(0.0, 1.0).reshape(1, 2);
            double[] expected = {Math.cos(Math.PI / 8), Math.sin(Math.PI / 8)};
            assertArrayEquals(expected, Slerp.between(a, b, 0.25).toDoubleArray(), 1e-15);
        }
    }

    @Test
    void noiseKeepsItsLength() {
        try (var _ = TensorScope.open();
                Generator generator = Generator.cpu(1)) {
            Tensor a = Torch.randn(generator, 1000);
            Tensor b = Torch.randn(generator, 1000);
            // The two lengths differ by a few percent.
            double length = Slerp.between(a, b, 0.5).norm().item();
            assertEquals((a.norm().item() + b.norm().item()) / 2, length, 0.01 * length);
            assertArrayEquals(a.toFloatArray(), Slerp.between(a, b, 0).toFloatArray(), 1e-6f);
            assertArrayEquals(b.toFloatArray(), Slerp.between(a, b, 1).toFloatArray(), 1e-6f);
        }
    }

    @Test
    void parallelOnesAreOnALine() {
        try (var _ = TensorScope.open()) {
            Tensor a = Torch.tensor(1.0, 2.0);
            assertArrayEquals(
                    new double[] {1.5, 3}, Slerp.between(a, a.mul(2), 0.5).toDoubleArray(), 1e-12);
        }
    }
}
