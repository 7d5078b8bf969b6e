package dev.gradus.diffusion.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ObjectiveTest {
    private static final double ALPHA = 0.8;
    private static final double SIGMA = 0.6;

    private TensorScope scope;
    private Tensor x0;
    private Tensor eps;
    private Tensor alpha;
    private Tensor sigma;
    private Tensor xt;

    @BeforeEach
    void noise() {
        scope = TensorScope.open();
        x0 = Torch.fromArray(new float[] {-1f, 0.5f, 1f, 0f}, 2, 1, 1, 2);
        eps = Torch.fromArray(new float[] {0.3f, -1.2f, 2f, 0.1f}, 2, 1, 1, 2);
        alpha = Torch.fromArray(new float[] {(float) ALPHA, (float) ALPHA}, 2, 1, 1, 1);
        sigma = Torch.fromArray(new float[] {(float) SIGMA, (float) SIGMA}, 2, 1, 1, 1);
        xt = alpha.mul(x0).add(sigma.mul(eps));
    }

    @AfterEach
    void close() {
        scope.close();
    }

    @Test
    void targetOfEpsilonIsTheNoise() {
        assertArrayEquals(
                eps.toFloatArray(),
                Objective.epsilon().target(x0, eps, alpha, sigma).toFloatArray());
    }

    @Test
    void targetOfVIsAlphaEpsMinusSigmaX0() {
        float[] target = Objective.v().target(x0, eps, alpha, sigma).toFloatArray();
        float[] images = x0.toFloatArray();
        float[] noise = eps.toFloatArray();
        for (int i = 0; i < target.length; i++) {
            assertEquals(ALPHA * noise[i] - SIGMA * images[i], target[i], 1e-6);
        }
    }

    @Test
    void perfectPredictionGivesBackTheImage() {
        for (Objective objective : new Objective[] {Objective.epsilon(), Objective.v()}) {
            Tensor output = objective.target(x0, eps, alpha, sigma);
            assertArrayEquals(
                    x0.toFloatArray(), objective.x0(output, xt, ALPHA, SIGMA).toFloatArray(), 1e-6f);
        }
    }
}
