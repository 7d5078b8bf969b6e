package dev.gradus.torch.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Goldens;
import dev.gradus.torch.LiveHandles;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.nn.Linear;
import dev.gradus.torch.nn.ReLU;
import dev.gradus.torch.nn.Sequential;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Layers, loss, gradients, clipping, optimizer and learning rate together: the run of make_optim_goldens.py. */
class PerceptronTest {
    /** Of losses around 1, after 30 steps; products of matrices are summed in an order that depends on the processor. */
    private static final double TOLERANCE = 1e-5;

    private static Tensor numbers(int seed, long rows, long columns) {
        float[] values = new float[(int) (rows * columns)];
        for (int i = 0; i < values.length; i++) {
            values[i] = ((i * 37 + seed * 101) % 257 - 128) / 64f;
        }
        return Torch.fromArray(values, rows, columns);
    }

    @Test
    void thirtyStepsLoseAsInPyTorchAndLeaveNothingBehind() {
        Set<Long> handlesAtTheEndOfSteps = new TreeSet<>();
        long before = LiveHandles.settled();
        try (Goldens goldens = new Goldens("/optim/rates.safetensors");
                Generator generator = Generator.cpu(3);
                Sequential net = new Sequential(
                        new Linear(8, 16, generator),
                        new ReLU(),
                        new Linear(16, 16, generator),
                        new ReLU(),
                        new Linear(16, 1, generator));
                AdamW optimizer = new AdamW(net.namedParameters(), AdamW.Options.defaults());
                GradientClipping clipping = new GradientClipping(net.parameters(), 1)) {
            LearningRate rate = LearningRate.cosine(0.01, 30, 0);
            double[] losses = goldens.get("perceptron").toDoubleArray();
            for (int step = 0; step < losses.length; step++) {
                try (TensorScope _ = TensorScope.open()) {
                    optimizer.zeroGrad();
                    Tensor loss = F.mseLoss(net.call(numbers(1, 32, 8)), numbers(2, 32, 1));
                    loss.backward();
                    clipping.apply();
                    optimizer.step(rate.at(step));
                    assertEquals(losses[step], loss.item(), TOLERANCE, "step " + step);
                }
                handlesAtTheEndOfSteps.add(Torch.liveHandles());
            }
        }
        assertEquals(1, handlesAtTheEndOfSteps.size(), "live handles after each step: " + handlesAtTheEndOfSteps);
        assertEquals(before, Torch.liveHandles());
    }
}
