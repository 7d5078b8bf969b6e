package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class AutogradFunctionTest extends CallbacksTesting {

    /** x -> x^3 */
    private static final class Cube extends AutogradFunction {
        @Override
        protected List<Tensor> forward(FunctionContext context, List<Tensor> inputs) {
            context.saveForBackward(inputs.getFirst());
            return List.of(inputs.getFirst().pow(3));
        }

        @Override
        protected List<Tensor> backward(FunctionContext context, List<Tensor> gradients) {
            Tensor x = context.savedTensors().getFirst();
            return List.of(gradients.getFirst().mul(x.square()).mul(3));
        }
    }

    @Test
    void theGradientIsWhatBackwardSays() {
        Tensor x = leaf(2, 5);
        Tensor y = new Cube().call(x);
        assertArrayEquals(new double[] {8, 125}, y.toDoubleArray());
        assertTrue(y.requiresGrad());
        assertEquals("CubeBackward", y.gradFn());
        y.sum().backward();
        assertArrayEquals(new double[] {12, 75}, x.grad().toDoubleArray());
    }

    @Test
    void backwardOfDifferentiableOperatorsIsDifferentiated() {
        Tensor x = leaf(2);
        Tensor first = Autograd.grad(new Cube().call(x), null, List.of(x), true, true, false)
                .getFirst();
        assertEquals(12, first.item());
        assertEquals(12, Autograd.grad(first, List.of(x)).getFirst().item());
    }

    @Test
    void savedOutputsMakeNoCycle() {
        int before = Upcalls.live();
        AutogradFunction exp = Autograd.function(
                (context, inputs) -> {
                    Tensor y = inputs.getFirst().exp();
                    context.saveForBackward(y, null);
                    return List.of(y);
                },
                (context, gradients) -> {
                    assertNull(context.savedTensors().get(1));
                    return List.of(
                            gradients.getFirst().mul(context.savedTensors().getFirst()));
                });
        try (TensorScope _ = TensorScope.open()) {
            Tensor x = leaf(1);
            Tensor y = exp.call(x);
            assertEquals(before + 1, Upcalls.live());
            Tensor first = Autograd.grad(y, null, List.of(x), true, true, false).getFirst();
            assertEquals(Math.E, Autograd.grad(first, List.of(x)).getFirst().item(), 1e-12);
        }
        assertEquals(before, Upcalls.live());
    }

    @Test
    void inputsAndOutputsMayBeManyAndInputsNull() {
        Tensor x = leaf(2);
        Tensor y = leaf(3);
        List<Boolean> needed = new ArrayList<>();
        AutogradFunction function = Autograd.function(
                (context, inputs) -> {
                    assertNull(inputs.get(1));
                    needed.add(context.needsInputGrad(0));
                    needed.add(context.needsInputGrad(1));
                    Tensor a = inputs.get(0);
                    Tensor b = inputs.get(2);
                    context.saveForBackward(a, b);
                    return List.of(a.mul(b), a.add(b));
                },
                (context, gradients) -> {
                    needed.add(context.needsInputGrad(0));
                    needed.add(context.needsInputGrad(2));
                    Tensor a = context.savedTensors().get(0);
                    Tensor b = context.savedTensors().get(1);
                    Tensor product = gradients.get(0);
                    Tensor sum = gradients.get(1);
                    return Arrays.asList(
                            product.mul(b).add(sum), null, product.mul(a).add(sum));
                });
        List<Tensor> outputs = function.apply(x, null, y);
        Tensor loss = outputs.get(0).mul(10).add(outputs.get(1));
        assertArrayEquals(
                new double[] {31, 21},
                Torch.cat(Autograd.grad(List.of(loss), null, List.of(x, y), true, false, false), 0)
                        .toDoubleArray());
        assertEquals(1, Autograd.grad(outputs.get(1), List.of(x)).getFirst().item()); // the other is filled with zeros
        assertEquals(List.of(true, false, true, true, true, false), needed);
    }

    @Test
    void aMissingGradientIsNullWhereZerosAreNotWanted() {
        List<Tensor> seen = new ArrayList<>();
        AutogradFunction two = Autograd.function(
                (context, inputs) -> {
                    context.setMaterializeGrads(false);
                    return List.of(inputs.getFirst().mul(2), inputs.getFirst().mul(3));
                },
                (context, gradients) -> {
                    seen.addAll(gradients);
                    return List.of(gradients.getFirst().mul(2));
                });
        Tensor x = leaf(1);
        two.apply(x).getFirst().backward();
        assertNull(seen.get(1));
        assertEquals(2, x.grad().item());
    }

    @Test
    void anInputChangedInPlaceIsTheOutput() {
        AutogradFunction doubleInPlace = Autograd.function(
                (context, inputs) -> {
                    context.markDirty(inputs.getFirst());
                    return List.of(inputs.getFirst().mul_(2));
                },
                (context, gradients) -> List.of(gradients.getFirst().mul(2)));
        Tensor x = leaf(3);
        Tensor y = x.mul(5);
        assertSame(y, doubleInPlace.call(y));
        assertEquals(30, y.item());
        y.backward();
        assertEquals(10, x.grad().item());
        Tensor leaf = leaf(1);
        assertThrows(TorchException.class, () -> doubleInPlace.call(leaf));
    }

    @Test
    void anInputReturnedUnchangedBecomesAView() {
        AutogradFunction identity = Autograd.function(
                (context, inputs) -> inputs,
                (context, gradients) -> List.of(gradients.getFirst().mul(7)));
        Tensor x = leaf(3);
        Tensor y = identity.call(x);
        assertEquals(3, y.item());
        y.backward();
        assertEquals(7, x.grad().item());
    }

    @Test
    void anOutputMayHaveNoGradient() {
        AutogradFunction function = Autograd.function(
                (context, inputs) -> {
                    Tensor sign = inputs.getFirst().sign();
                    context.markNonDifferentiable(sign);
                    return List.of(inputs.getFirst().abs(), sign);
                },
                (context, gradients) -> List.of(gradients.getFirst()));
        List<Tensor> outputs = function.apply(leaf(-3));
        assertTrue(outputs.get(0).requiresGrad());
        assertFalse(outputs.get(1).requiresGrad());
    }

    @Test
    void nothingIsKeptWhereNoGraphIsRecorded() {
        int before = Upcalls.live();
        assertEquals(8, new Cube().call(Torch.tensor(2.0)).item());
        Tensor x = leaf(2);
        try (var _ = Autograd.noGrad()) {
            assertFalse(new Cube().call(x).requiresGrad());
        }
        assertEquals(before, Upcalls.live());
    }

    @Test
    void theCallerGetsTheVeryExceptionOfForwardAndOfBackward() {
        RuntimeException thrown = new RuntimeException("mine");
        AutogradFunction badForward = Autograd.function(
                (context, inputs) -> {
                    throw thrown;
                },
                (context, gradients) -> gradients);
        AutogradFunction badBackward =
                Autograd.function((context, inputs) -> List.of(inputs.getFirst().mul(1)), (context, gradients) -> {
                    throw thrown;
                });
        Tensor x = leaf(2);
        assertSame(thrown, assertThrows(RuntimeException.class, () -> badForward.call(x)));
        assertTrue(Autograd.isGradEnabled());
        assertSame(
                thrown,
                assertThrows(RuntimeException.class, () -> badBackward.call(x).backward()));
    }

    @Test
    void aSavedTensorChangedInPlaceIsNoticed() {
        Tensor x = leaf(2);
        Tensor y = x.mul(1);
        Tensor z = new Cube().call(y);
        y.add_(1);
        assertTrue(assertThrows(TorchException.class, z::backward)
                .getMessage()
                .contains("modified by an inplace operation"));
    }

    @Test
    void aGraphIsUsedOnceUnlessRetained() {
        Tensor z = new Cube().call(leaf(2));
        z.backward(null, true, false);
        z.backward();
        assertTrue(assertThrows(TorchException.class, z::backward).getMessage().contains("second time"));
    }

    @Test
    void aWrongNumberOfGradientsIsAnError() {
        AutogradFunction wrong = Autograd.function(
                (context, inputs) -> List.of(inputs.getFirst().mul(1)), (context, gradients) -> List.of());
        Tensor z = wrong.call(leaf(2));
        assertTrue(assertThrows(IllegalStateException.class, z::backward)
                .getMessage()
                .contains("expected 1, got 0"));
    }

    @Test
    void aGradientOfAnotherShapeIsAnError() {
        AutogradFunction wrong = Autograd.function(
                (context, inputs) -> List.of(inputs.getFirst().mul(1)), (context, gradients) -> List.of(Torch.ones(5)));
        Tensor z = wrong.call(leaf(2, 3)).sum();
        assertTrue(assertThrows(TorchException.class, z::backward).getMessage().contains("invalid gradient"));
    }

    @Test
    void theContextKnowsForwardFromBackward() {
        FunctionContext[] escaped = new FunctionContext[1];
        AutogradFunction function = Autograd.function(
                (context, inputs) -> {
                    escaped[0] = context;
                    context.put("factor", 4);
                    assertThrows(IllegalStateException.class, context::savedTensors);
                    assertThrows(IllegalArgumentException.class, () -> context.put("x", inputs.getFirst()));
                    return List.of(inputs.getFirst().mul(4));
                },
                (context, gradients) -> {
                    assertThrows(IllegalStateException.class, context::saveForBackward);
                    return List.of(gradients.getFirst().mul((Integer) context.get("factor")));
                });
        Tensor x = leaf(2);
        Tensor y = function.call(x);
        assertThrows(IllegalStateException.class, escaped[0]::saveForBackward);
        y.backward();
        assertEquals(4, x.grad().item());
        assertNotNull(escaped[0]);
    }

    @Test
    void backwardMayRunAnotherOneThroughTheSameFunction() {
        Cube cube = new Cube();
        AutogradFunction nested = Autograd.function(
                (context, inputs) -> {
                    context.saveForBackward(inputs.getFirst());
                    return List.of(inputs.getFirst().mul(1));
                },
                (context, gradients) -> {
                    try (var _ = Autograd.enableGrad()) {
                        Tensor x = context.savedTensors().getFirst().detach().requiresGrad_(true);
                        cube.call(x).sum().backward();
                        return List.of(gradients.getFirst().mul(x.grad()));
                    }
                });
        Tensor x = leaf(2);
        nested.call(x).backward();
        assertEquals(12, x.grad().item());
    }

    @Test
    void fourThreadsGoThroughOneGraph() throws Exception {
        Tensor x = leaf(2);
        Tensor y = new Cube().call(x);
        try (TensorScope outside = TensorScope.open()) {
            // Shared handles of the same tensors.
            Tensor sharedX = outside.keep(x.detach().requiresGrad_(true));
            Tensor sharedY = outside.keep(new Cube().call(sharedX));
            try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
                List<Future<?>> done = new ArrayList<>();
                for (int t = 0; t < 4; t++) {
                    done.add(threads.submit(() -> {
                        for (int i = 0; i < 200; i++) {
                            try (TensorScope _ = TensorScope.open()) {
                                assertEquals(
                                        12,
                                        Autograd.grad(sharedY, null, List.of(sharedX), true, false, false)
                                                .getFirst()
                                                .item());
                            }
                        }
                    }));
                }
                for (Future<?> thread : done) {
                    thread.get();
                }
            }
            sharedX.close();
            sharedY.close();
        }
        assertEquals(8, y.item());
    }
}
