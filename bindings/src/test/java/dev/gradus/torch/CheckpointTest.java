package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CheckpointTest extends CallbacksTesting {

    private Tensor weight;
    private Tensor input;
    private int runs;

    @BeforeEach
    void makeLayer() {
        Generator generator = Generator.cpu(5);
        weight = Torch.randn(generator, 8, 8).requiresGrad_(true);
        input = Torch.randn(generator, 4, 8).requiresGrad_(true);
        generator.close();
        runs = 0;
    }

    private Tensor layer(Tensor x) {
        runs++;
        return NeuralOps.dropout(x.matmul(weight).tanh(), 0.5, true)
                .matmul(weight)
                .sigmoid();
    }

    private List<float[]> gradients(UnaryOperator<Tensor> how) {
        Torch.manualSeed(7);
        weight.setGrad(null);
        input.setGrad(null);
        Tensor y = how.apply(input);
        Torch.rand(3); // the default generator goes on between forward and backward
        float[] afterwards = Torch.rand(3).toFloatArray();
        y.square().sum().backward();
        return List.of(
                y.detach().toFloatArray(),
                weight.grad().toFloatArray(),
                input.grad().toFloatArray(),
                afterwards,
                Torch.rand(3).toFloatArray());
    }

    private static void assertSameBits(List<float[]> expected, List<float[]> actual) {
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), actual.get(i), "result " + i);
        }
    }

    @Test
    void resultsGradientsAndRandomNumbersAreThoseWithoutIt() {
        List<float[]> plain = gradients(this::layer);
        assertEquals(1, runs);
        List<float[]> checkpointed = gradients(x -> Autograd.checkpoint(this::layer, x));
        assertEquals(3, runs);
        assertSameBits(plain, checkpointed);
    }

    @Test
    void checkpointsNest() {
        List<float[]> plain = gradients(x -> layer(layer(x)));
        UnaryOperator<Tensor> inner = x -> Autograd.checkpoint(this::layer, x);
        assertSameBits(plain, gradients(x -> Autograd.checkpoint(y -> inner.apply(inner.apply(y)), x)));
        assertSameBits(plain, gradients(x -> inner.apply(inner.apply(x))));
    }

    @Test
    void theAutocastModeIsThatOfTheFirstRun() {
        List<float[]> plain;
        List<DType> dtypes = new ArrayList<>();
        UnaryOperator<Tensor> product = x -> {
            Tensor y = x.matmul(weight);
            dtypes.add(y.dtype());
            return y.tanh().matmul(weight);
        };
        plain = gradients(x -> {
            try (var _ = Autocast.open(Device.Type.CPU, DType.BFLOAT16)) {
                return product.apply(x);
            }
        });
        assertSameBits(plain, gradients(x -> {
            try (var _ = Autocast.open(Device.Type.CPU, DType.BFLOAT16)) {
                return Autograd.checkpoint(product, x);
            }
        }));
        assertEquals(List.of(DType.BFLOAT16, DType.BFLOAT16, DType.BFLOAT16), dtypes);
    }

    @Test
    void generatorsOfTheFunctionAreSetBackWhenNamed() {
        try (Generator own = Generator.cpu(3)) {
            List<float[]> seen = new ArrayList<>();
            Checkpoint.DEFAULT
                    .withoutRngState()
                    .withGenerators(own)
                    .run(
                            inputs -> {
                                Tensor noise = Torch.randn(own, 4, 8);
                                seen.add(noise.toFloatArray());
                                return List.of(inputs.getFirst().mul(noise).tanh());
                            },
                            List.of(input))
                    .getFirst()
                    .sum()
                    .backward();
            assertEquals(2, seen.size());
            assertArrayEquals(seen.get(0), seen.get(1));
        }
    }

    @Test
    void whatBackwardNeedsIsNotKept() {
        long before = LiveHandles.settled();
        // A node of its own counts what is saved: it is in the graph, but nothing is saved for it.
        Tensor y = Autograd.checkpoint(this::layer, input);
        assertEquals(before + 1, Torch.liveHandles());
        assertEquals(1, runs);
        y.sum().backward(null, true, false);
        y.sum().backward(null, true, false);
        assertEquals(3, runs);
    }

    @Test
    void manyInputsAndResultsAndHigherDerivatives() {
        Tensor a = leaf(2);
        Tensor b = leaf(3);
        List<Tensor> results = Checkpoint.DEFAULT.run(
                inputs -> List.of(
                        inputs.get(0).pow(3).mul(inputs.get(1)), inputs.get(0).mul(inputs.get(1))),
                List.of(a, b));
        Tensor sum = results.get(0).add(results.get(1));
        Tensor first = Autograd.grad(sum, null, List.of(a), true, true, false).getFirst();
        assertEquals(3 * 4 * 3 + 3, first.item());
        assertEquals(6 * 2 * 3, Autograd.grad(first, List.of(a)).getFirst().item());
    }

    @Test
    void aFunctionMayComputeGradientsItself() {
        Tensor a = leaf(2);
        Tensor y = Autograd.checkpoint(
                x -> {
                    Tensor inner = x.pow(3);
                    return Autograd.grad(inner, null, List.of(x), true, true, false)
                            .getFirst()
                            .mul(x);
                },
                a);
        assertEquals(24, y.item()); // 3 x^2 x
        y.backward();
        assertEquals(36, a.grad().item());
    }

    @Test
    void anExceptionOfTheSecondRunReachesTheCaller() {
        IllegalArgumentException thrown = new IllegalArgumentException("second");
        Tensor y = Autograd.checkpoint(
                x -> {
                    if (runs++ > 0) {
                        throw thrown;
                    }
                    return x.tanh();
                },
                input);
        assertSame(
                thrown,
                assertThrows(IllegalArgumentException.class, () -> y.sum().backward()));
    }

    @Test
    void anExceptionOfTheFirstRunLeavesNothingBehind() {
        assertThrows(
                IllegalStateException.class,
                () -> Autograd.checkpoint(
                        x -> {
                            throw new IllegalStateException("first");
                        },
                        input));
        Tensor y = input.tanh();
        y.sum().backward(); // saved as ever
        assertFalse(input.grad().isClosed());
    }

    @Test
    void aSecondRunThatDiffersIsAnError() {
        Tensor more = Autograd.checkpoint(x -> runs++ > 0 ? x.tanh().tanh() : x.tanh(), input);
        assertTrue(assertThrows(TorchException.class, () -> more.sum().backward())
                .getMessage()
                .contains("saved 1 tensors for backward at its first run, and 2"));
        runs = 0;
        Tensor other =
                Autograd.checkpoint(x -> runs++ > 0 ? x.sum().tanh() : x.tanh().sum(), input);
        assertTrue(
                assertThrows(TorchException.class, other::backward).getMessage().contains("of shape [4, 8]"));
    }

    @Test
    void anInputChangedInPlaceIsNoticed() {
        Tensor x = input.mul(1);
        Tensor y = Autograd.checkpoint(this::layer, x);
        x.add_(1);
        assertTrue(assertThrows(TorchException.class, () -> y.sum().backward())
                .getMessage()
                .contains("modified by an inplace operation"));
    }
}
