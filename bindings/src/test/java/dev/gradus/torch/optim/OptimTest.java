package dev.gradus.torch.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gradus.torch.Autograd;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Three steps on two parameters, with the numbers of PyTorch 2.13; that the bits are equal is tested on a whole network. */
class OptimTest {
    private static final float TOLERANCE = 1e-6f;

    private TensorScope scope;
    private SequencedMap<String, Tensor> parameters;

    @BeforeEach
    void makeParameters() {
        scope = TensorScope.open();
        parameters = new LinkedHashMap<>();
        parameters.put("a", Torch.tensor(0.5f, -1.25f, 2f).requiresGrad_(true));
        parameters.put("b", Torch.fromArray(new float[] {1, -3}, 2, 1).requiresGrad_(true));
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private void backward() {
        Tensor a = parameters.get("a");
        Tensor b = parameters.get("b");
        a.mul(a).mul(a).sum().add(b.square().sum().mul(0.5)).backward();
    }

    private void step(AdamW optimizer, double learningRate) {
        optimizer.zeroGrad();
        backward();
        try (GradientClipping clipping = new GradientClipping(parameters.values(), 1.0)) {
            clipping.apply();
        }
        optimizer.step(learningRate);
    }

    private static float[] floats(String... bits) {
        float[] values = new float[bits.length];
        for (int i = 0; i < bits.length; i++) {
            values[i] = Float.intBitsToFloat(Integer.parseUnsignedInt(bits[i], 16));
        }
        return values;
    }

    private static void assertValues(Tensor actual, String... bits) {
        assertArrayEquals(floats(bits), actual.toFloatArray(), TOLERANCE);
    }

    @Test
    void threeStepsGiveTheNumbersOfPyTorch() {
        try (AdamW optimizer = new AdamW(parameters, AdamW.Options.defaults());
                Ema ema = new Ema(parameters);
                GradientClipping clipping = new GradientClipping(parameters.values(), 1.0)) {
            List<Double> norms = new ArrayList<>();
            for (int step = 1; step <= 3; step++) {
                optimizer.zeroGrad();
                backward();
                norms.add(clipping.apply().item());
                optimizer.step(step * 1e-2);
                ema.update(0.9);
            }
            float[] expectedNorms = floats("41549622", "41532c82", "41507076");
            for (int i = 0; i < 3; i++) {
                assertEquals(expectedNorms[i], norms.get(i), 1e-5);
            }
            assertValues(parameters.get("a"), "3ee1366c", "bfa79768", "3ff82b6c");
            assertValues(parameters.get("b"), "3f707e26", "c03c0b79");
            assertValues(optimizer.state().get("exp_avg.a"), "3c6eab38", "3dca4075", "3e794fc1");
            assertValues(optimizer.state().get("exp_avg_sq.b"), "378d0ac7", "3921915b");
            assertEquals(3.0, optimizer.state().get("step.a").item());
            assertValues(ema.parameters().get("a"), "3efb1dbf", "bfa133f2", "3ffec23d");
            assertValues(ema.parameters().get("b"), "3f7d8ab5", "c03f5f84");
        }
    }

    @Test
    void aRestoredOptimizerGoesOnAsIfNothingHadHappened() {
        try (AdamW first = new AdamW(parameters, AdamW.Options.defaults());
                AdamW second = new AdamW(parameters, AdamW.Options.defaults())) {
            step(first, 1e-2);
            second.loadState(first.state());
            try (Ema saved = new Ema(parameters)) {
                step(first, 1e-2);
                float[] uninterrupted = parameters.get("a").toFloatArray();

                try (var _ = Autograd.noGrad()) {
                    parameters.forEach((name, parameter) ->
                            parameter.copy_(saved.parameters().get(name)));
                }
                step(second, 1e-2);
                assertArrayEquals(uninterrupted, parameters.get("a").toFloatArray());
            }
        }
    }

    @Test
    void aParameterWithoutGradientStaysAsItIs() {
        try (AdamW optimizer = new AdamW(parameters, AdamW.Options.defaults())) {
            parameters.get("a").sum().backward();
            optimizer.step(1e-2);
            assertArrayEquals(new float[] {1, -3}, parameters.get("b").toFloatArray());
            assertEquals(0.0, optimizer.state().get("step.b").item());
        }
    }

    @Test
    void aStateThatDoesNotFitIsRefusedByName() {
        try (AdamW optimizer = new AdamW(parameters, AdamW.Options.defaults())) {
            Map<String, Tensor> state = new LinkedHashMap<>(optimizer.state());
            state.remove("step.b");
            assertEquals(
                    "the optimizer's state lacks 'step.b'",
                    assertThrows(IllegalArgumentException.class, () -> optimizer.loadState(state))
                            .getMessage());
        }
    }

    @Test
    void anInfiniteBoundMeasuresWithoutScaling() {
        backward();
        float[] before = parameters.get("b").grad().toFloatArray();
        try (GradientClipping clipping = new GradientClipping(parameters.values(), Double.POSITIVE_INFINITY)) {
            assertEquals(13.286, clipping.apply().item(), 1e-3);
        }
        assertArrayEquals(before, parameters.get("b").grad().toFloatArray());
    }

    @Test
    void theAverageIsASecondSetOfWeights() {
        try (Ema ema = new Ema(parameters)) {
            parameters.get("b").detach().fill_(7);
            assertArrayEquals(new float[] {1, -3}, ema.parameters().get("b").toFloatArray());
            ema.update(0.0);
            assertArrayEquals(new float[] {7, 7}, ema.parameters().get("b").toFloatArray());
        }
    }

    @Test
    void valuesOutOfRangeAreRefusedByName() {
        assertEquals(
                "beta2 must be at least 0 and below 1, is 1.0",
                assertThrows(IllegalArgumentException.class, () -> new AdamW.Options(0.9, 1.0, 1e-8, 0))
                        .getMessage());
        try (AdamW optimizer = new AdamW(parameters, AdamW.Options.defaults())) {
            assertThrows(IllegalArgumentException.class, () -> optimizer.step(Double.NaN));
        }
    }
}
