package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GradScalerTest extends CallbacksTesting {

    private static final GradScaler.Options QUICK = new GradScaler.Options(1024, 2, 0.5, 3);

    /**
     * Scale, tracker and weights after each step of torch.amp.GradScaler(device="cpu", init_scale=1024,
     * growth_interval=3) and torch.optim.SGD(lr=0.125) on sum(w * w * factor) from w = (1, -2), in PyTorch 2.13.0.
     */
    private static final double[][] EXPECTED = {
        {1024.0, 1, 0.75, -1.5},
        {1024.0, 2, 0.5625, -1.125},
        {512.0, 0, 0.5625, -1.125},
        {512.0, 1, 0.421875, -0.84375},
        {512.0, 2, 0.31640625, -0.6328125},
        {1024.0, 0, 0.2373046875, -0.474609375},
        {512.0, 0, 0.2373046875, -0.474609375},
        {256.0, 0, 0.2373046875, -0.474609375},
        {256.0, 1, 0.177978515625, -0.35595703125},
        {256.0, 2, 0.13348388671875, -0.2669677734375},
        {512.0, 0, 0.1001129150390625, -0.200225830078125},
        {512.0, 1, 0.07508468627929688, -0.15016937255859375}
    };

    private static final double INF = Double.POSITIVE_INFINITY;
    private static final double[] FACTORS = {1, 1, INF, 1, 1, 1, Double.NaN, INF, 1, 1, 1, 1};

    private static void train(GradScaler scaler, Tensor w, int from, int to) {
        try (TensorList parameters = TensorList.of(List.of(w))) {
            for (int i = from; i < to; i++) {
                w.setGrad(null);
                scaler.scale(w.mul(w).mul(FACTORS[i]).sum()).backward();
                boolean stepped = scaler.step(parameters, () -> {
                    try (var _ = Autograd.noGrad()) {
                        w.sub_(w.grad().mul(0.125));
                    }
                });
                scaler.update();
                assertEquals(Double.isFinite(FACTORS[i]), stepped);
                Map<String, Number> state = scaler.state();
                assertEquals(EXPECTED[i][0], state.get("scale").doubleValue(), "scale after step " + i);
                assertEquals(EXPECTED[i][1], state.get("_growth_tracker").doubleValue(), "tracker after step " + i);
                assertEquals(EXPECTED[i][2], w.detach().toDoubleArray()[0], "weight after step " + i);
                assertEquals(EXPECTED[i][3], w.detach().toDoubleArray()[1], "weight after step " + i);
            }
        }
    }

    private static Tensor weights(float a, float b) {
        return Torch.tensor(a, b).requiresGrad_(true);
    }

    @Test
    void scaleAndWeightsFollowPyTorch() {
        try (GradScaler scaler = new GradScaler(QUICK)) {
            assertEquals(1024, scaler.getScale());
            train(scaler, weights(1, -2), 0, FACTORS.length);
        }
    }

    @Test
    void aLoadedStateGoesOnWhereItWasSaved() {
        Tensor w = weights(1, -2);
        Map<String, Number> state;
        try (GradScaler first = new GradScaler(QUICK)) {
            train(first, w, 0, 5);
            state = first.state();
        }
        try (GradScaler second = new GradScaler()) {
            assertEquals(65536, second.getScale());
            second.loadState(state);
            assertEquals(state, second.state());
            train(second, w, 5, FACTORS.length);
            assertTrue(assertThrows(TorchValueException.class, () -> second.loadState(Map.of("scale", 1)))
                    .getMessage()
                    .contains("growth_factor, backoff_factor, growth_interval, _growth_tracker"));
        }
    }

    @Test
    void gradientsCanBeUnscaledBeforeTheStepOnce() {
        Tensor w = weights(1, -2);
        try (GradScaler scaler = new GradScaler(QUICK);
                TensorList parameters = TensorList.of(List.of(w))) {
            assertThrows(IllegalStateException.class, () -> scaler.unscale_(parameters));
            assertThrows(IllegalStateException.class, scaler::update);
            scaler.scale(w.sum()).backward();
            assertEquals(1024, w.grad().toDoubleArray()[0]);
            scaler.unscale_(parameters);
            assertEquals(1, w.grad().toDoubleArray()[0]);
            assertEquals(0, scaler.foundInf(parameters).item());
            assertThrows(IllegalStateException.class, () -> scaler.unscale_(parameters));
            assertTrue(scaler.step(parameters, () -> {}));
            assertEquals(1, w.grad().toDoubleArray()[0]);
            assertThrows(IllegalStateException.class, () -> scaler.step(parameters, () -> {}));
            scaler.update();
        }
    }

    @Test
    void gradientsInFloat16AreRefused() {
        Tensor w = Torch.ones(2).to(DType.FLOAT16).requiresGrad_(true);
        try (GradScaler scaler = new GradScaler(QUICK);
                TensorList parameters = TensorList.of(List.of(w))) {
            scaler.scale(w.sum()).backward();
            assertTrue(assertThrows(TorchValueException.class, () -> scaler.unscale_(parameters))
                    .getMessage()
                    .contains("FP16"));
        }
    }

    @Test
    void optionsAreChecked() {
        assertThrows(TorchValueException.class, () -> new GradScaler.Options(0, 2, 0.5, 1));
        assertThrows(TorchValueException.class, () -> new GradScaler.Options(1, 1, 0.5, 1));
        assertThrows(TorchValueException.class, () -> new GradScaler.Options(1, 2, 1, 1));
        assertThrows(TorchValueException.class, () -> new GradScaler.Options(1, 2, 0.5, 0));
        GradScaler closed = new GradScaler();
        closed.close();
        assertThrows(IllegalStateException.class, closed::getScale);
    }
}
