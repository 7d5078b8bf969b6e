package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gradus.diffusion.config.EmaConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class AveragesTest {
    private static final int BATCH = 50;

    /** The averages after some steps of a weight that was 0 before the first and is 1 from then on. */
    private static Map<String, Double> afterAStep(EmaConfig config, int steps) {
        try (TensorScope _ = TensorScope.open()) {
            Tensor weight = Torch.zeros(1);
            try (Averages averages = new Averages(config, BATCH, Map.of("w", weight))) {
                weight.fill_(1);
                for (int step = 0; step < steps; step++) {
                    averages.update(Torch.tensor(averages.weightsAt(step)));
                }
                Map<String, Double> values = new TreeMap<>();
                averages.parameters()
                        .forEach((folder, named) ->
                                values.put(folder, named.get("w").item()));
                return values;
            }
        }
    }

    private static EmaConfig config(double rampUp) {
        return TrainConfig.defaults()
                .with("ema.halfLife", 1000.0)
                .with("ema.rampUp", rampUp)
                .with("ema.further", List.of(500.0, 2000.5))
                .with("ema.power", List.of(0.05, 0.1))
                .ema();
    }

    @Test
    void severalAreKeptAtOnceEachByItsOwnRule() {
        int steps = 40;
        double images = steps * BATCH;
        Map<String, Double> values = afterAStep(config(0), steps);
        // What is left of the zero at the begin. Rounding of 40 steps in float32.
        assertEquals(1 - Math.pow(0.5, images / 1000), values.get("ema"), 1e-6);
        assertEquals(1 - Math.pow(0.5, images / 500), values.get("ema-500"), 1e-6);
        assertEquals(1 - Math.pow(0.5, images / 2000.5), values.get("ema-2000.5"), 1e-6);
        // The weight of the past is 0 in the first step of a power function.
        assertEquals(1, values.get("power-0.05"), 1e-6);
        assertEquals(1, values.get("power-0.1"), 1e-6);
        assertEquals(5, values.size());
    }

    @Test
    void aRampForgetsTheBegin() {
        for (double value : afterAStep(config(0.05), 2).values()) {
            assertEquals(1, value, 1e-6);
        }
    }
}
