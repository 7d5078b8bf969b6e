package dev.gradus.torch.distributed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Gradients are the sums of all ranks' gradients, whenever they were reduced. */
class GradientReducerTest {
    /** Weights of a chain of products, more than fit into one bucket; the last has no part in it. */
    private static Map<String, Tensor> weights(TensorScope scope) {
        Map<String, Tensor> named = new LinkedHashMap<>();
        try (Generator generator = Generator.cpu(5)) {
            for (int i = 0; i < 4; i++) {
                named.put("w" + i, leaf(scope, Torch.randn(generator, 400, 400).mul(0.05)));
            }
        }
        named.put("unused", leaf(scope, Torch.ones(3)));
        return named;
    }

    private static Tensor leaf(TensorScope scope, Tensor value) {
        return scope.keep(value).requiresGrad_(true);
    }

    private static Tensor loss(Map<String, Tensor> weights, int rank, int step) {
        Tensor x = Torch.full(new long[] {1, 400}, 0.1 * (rank + 1) + step);
        for (int i = 0; i < 4; i++) {
            x = x.matmul(weights.get("w" + i)).tanh();
        }
        return x.sum();
    }

    private static float[] gradients(Map<String, Tensor> weights) {
        return Torch.cat(
                        weights.values().stream()
                                .map(w -> w.grad() == null
                                        ? Torch.zeros(w.numel())
                                        : w.grad().flatten())
                                .toList(),
                        0)
                .toFloatArray();
    }

    /** What the ranks should have after steps of two backward passes each, computed in one process. */
    private static float[] expected(int ranks, int step) {
        try (TensorScope scope = TensorScope.open()) {
            Map<String, Tensor> weights = weights(scope);
            for (int rank = 0; rank < ranks; rank++) {
                loss(weights, rank, step).backward();
                loss(weights, rank, step + 10).backward();
            }
            float[] result = gradients(weights);
            weights.values().forEach(Tensor::close);
            return result;
        }
    }

    @Test
    void theyAreSumsOverRanksAndOverPiecesOfABatch() throws Exception {
        for (float[][] steps : Ranks.run(2, group -> {
            float[][] result = new float[3][];
            Map<String, Tensor> weights;
            try (TensorScope scope = TensorScope.open()) {
                weights = weights(scope);
            }
            try (GradientReducer reducer = new GradientReducer(group, weights, 1)) {
                for (int step = 0; step < 3; step++) {
                    try (var _ = TensorScope.open()) {
                        weights.values().forEach(w -> w.setGrad(null));
                        loss(weights, group.rank(), step).backward(); // stays here
                        reducer.begin(Torch.full(new long[] {1}, group.rank() + 1.0));
                        loss(weights, group.rank(), step + 10).backward();
                        assertEquals(3, reducer.finish().item());
                        assertTrue(reducer.buckets() > 1);
                        result[step] = gradients(weights);
                    }
                }
            }
            weights.values().forEach(Tensor::close);
            return result;
        })) {
            for (int step = 0; step < 3; step++) {
                assertArrayEquals(expected(2, step), steps[step], 1e-5f);
            }
        }
    }

    @Test
    void gradientsKeepTheLayoutOfTheirParameter() throws Exception {
        Ranks.run(1, group -> {
            try (TensorScope scope = TensorScope.open()) {
                Tensor w = leaf(scope, Torch.ones(2, 3, 4, 4).contiguous(dev.gradus.torch.MemoryFormat.CHANNELS_LAST));
                try (GradientReducer reducer = new GradientReducer(group, Map.of("w", w), 0)) {
                    reducer.begin(null);
                    w.square().sum().backward();
                    reducer.finish();
                    assertArrayEquals(w.strides(), w.grad().strides());
                    assertEquals(2, w.grad().select(0, 1).amax().item());
                }
                w.close();
            }
            return null;
        });
    }

    @Test
    void wrongUseIsRefused() throws Exception {
        Ranks.run(1, group -> {
            try (TensorScope scope = TensorScope.open()) {
                Tensor w = leaf(scope, Torch.ones(2));
                Tensor d = leaf(
                        scope,
                        Torch.ones(
                                TensorOptions.of(dev.gradus.torch.DType.FLOAT64).device(Device.cpu()), 2));
                assertThrows(IllegalArgumentException.class, () -> new GradientReducer(group, Map.of(), 0));
                Map<String, Tensor> mixed = new LinkedHashMap<>();
                mixed.put("w", w);
                mixed.put("d", d);
                assertTrue(assertThrows(IllegalArgumentException.class, () -> new GradientReducer(group, mixed, 0))
                        .getMessage()
                        .contains("but d is "));
                try (GradientReducer reducer = new GradientReducer(group, Map.of("w", w), 1)) {
                    assertThrows(IllegalStateException.class, reducer::finish);
                    assertThrows(IllegalArgumentException.class, () -> reducer.begin(null));
                }
                List.of(w, d).forEach(Tensor::close);
            }
            return null;
        });
    }
}
