package dev.gradus.torch.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What recurrent layers refuse, and that a cell does the steps of its layer. */
class RecurrentLayersTest {

    @Test
    void cellsTakeTheStepsOfTheirLayer() {
        try (TensorScope _ = TensorScope.open();
                GRU layer = new GRU(4, 3);
                GRUCell cell = new GRUCell(4, 3)) {
            Map<String, Tensor> weights = new TreeMap<>();
            layer.stateDict().forEach((name, weight) -> weights.put(name.replace("_l0", ""), weight));
            cell.loadStateDict(weights);
            Tensor input = Torch.rand(5, 4);
            Tensor hidden = null;
            for (int i = 0; i < 5; i++) {
                hidden = cell.forward(input.get(i), hidden);
            }
            assertArrayEquals(layer.forward(input).output().get(4).toFloatArray(), hidden.toFloatArray(), 1e-6f);
        }
    }

    @Test
    void inputsAndSizesThatCannotBeAreNamed() {
        try (TensorScope _ = TensorScope.open();
                LSTM lstm = new LSTM(4, 3);
                LSTMCell cell = new LSTMCell(4, 3)) {
            Tensor x = Torch.ones(2, 2, 5, 4);
            for (Executable call : List.<Executable>of(
                    () -> lstm.forward(x),
                    () -> cell.forward(x),
                    () -> new LSTM(4, 3, 3, RecurrentOptions.defaults(), null),
                    () -> new LSTM(4, 3, -1, RecurrentOptions.defaults(), null),
                    () -> new GRUCell(0, 3),
                    () -> F.localResponseNorm(Torch.ones(2, 2), 2, 1e-4, 0.75, 1))) {
                var e = assertThrows(IllegalArgumentException.class, call);
                assertTrue(
                        e.getMessage().matches(".*(LSTM takes|LSTMCell takes|projSize|inputSize|localResponseNorm).*"),
                        e.getMessage());
            }
        }
    }
}
