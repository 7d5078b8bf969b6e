package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class HooksTest extends CallbacksTesting {

    @Test
    void hooksSeeTheGradientInTheOrderTheyWereAddedAndMayReplaceIt() {
        Tensor x = leaf(3);
        Tensor y = x.square();
        List<Double> seen = new ArrayList<>();
        y.registerHook(g -> {
            seen.add(g.item());
            return g.mul(10);
        });
        y.registerHook(g -> {
            seen.add(g.item());
            return null;
        });
        x.registerHook(g -> {
            seen.add(g.item());
            return g.add(1);
        });
        y.sum().backward();
        assertEquals(List.of(1.0, 10.0, 60.0), seen);
        assertEquals(61, x.grad().item());
    }

    @Test
    void aRemovedHookDoesNotRun() {
        Tensor x = leaf(3);
        AtomicInteger runs = new AtomicInteger();
        HookHandle first = x.registerHook(g -> {
            runs.incrementAndGet();
            return null;
        });
        x.registerHook(g -> g.mul(2));
        int before = Upcalls.live();
        first.close();
        first.close();
        assertEquals(before - 1, Upcalls.live());
        x.sum().backward();
        assertEquals(0, runs.get());
        assertEquals(2, x.grad().item());
    }

    @Test
    void aHookMayRemoveItselfAndAddOthers() {
        Tensor x = leaf(3);
        HookHandle[] self = new HookHandle[1];
        self[0] = x.registerHook(g -> {
            self[0].close();
            x.registerHook(other -> other.mul(5));
            return null;
        });
        x.sum().backward();
        assertEquals(1, x.grad().item());
        x.setGrad(null);
        x.sum().backward();
        assertEquals(5, x.grad().item());
    }

    @Test
    void theCallerGetsTheVeryExceptionOfTheHook() {
        Tensor x = leaf(3);
        Exception thrown = new Exception("checked, even");
        HookHandle failing = x.registerHook(g -> {
            throw Upcalls.<RuntimeException>sneaky(thrown);
        });
        assertSame(thrown, assertThrows(Exception.class, () -> x.square().sum().backward()));
        assertNull(x.grad());
        Error error = new AssertionError("an error");
        failing.close();
        x.registerHook(g -> {
            throw error;
        });
        assertSame(
                error, assertThrows(Error.class, () -> Autograd.grad(x.square().sum(), List.of(x))));
    }

    @Test
    void theNextFailureIsNotTakenForThatOfTheHook() {
        Tensor x = leaf(3);
        x.registerHook(g -> {
            throw new IllegalStateException("mine");
        });
        assertThrows(IllegalStateException.class, () -> x.sum().backward());
        assertTrue(assertThrows(TorchException.class, () -> Torch.ones(2).matmul(Torch.ones(3)))
                .getMessage()
                .contains("size"));
    }

    @Test
    void aReplacementOfAnotherShapeIsRefused() {
        Tensor x = leaf(1, 2);
        x.registerHook(g -> g.sum());
        assertTrue(assertThrows(TorchException.class, () -> x.sum().backward())
                .getMessage()
                .contains("changed the size"));
    }

    @Test
    void onlyATensorThatRequiresAGradientHasHooks() {
        assertThrows(TorchException.class, () -> Torch.ones(1).registerHook(g -> g));
        assertThrows(TorchException.class, () -> leaf(1).square().registerPostAccumulateGradHook(t -> {}));
        assertThrows(NullPointerException.class, () -> leaf(1).registerHook(null));
    }

    @Test
    void aGraphDroppedWithoutBackwardLetsGoOfItsHooks() {
        int before = Upcalls.live();
        try (TensorScope _ = TensorScope.open()) {
            leaf(3).square().registerHook(g -> null);
            assertEquals(before + 1, Upcalls.live());
        }
        assertEquals(before, Upcalls.live());
    }

    @Test
    void whatAHookLeavesOpenIsClosedAfterIt() {
        Tensor x = leaf(3);
        x.registerHook(g -> {
            TensorScope.open();
            Autograd.noGrad();
            Autocast.open(Device.Type.CPU, DType.BFLOAT16);
            return g.mul(2);
        });
        x.sum().backward();
        assertEquals(2, x.grad().item());
        assertTrue(Autograd.isGradEnabled());
        assertTrue(x.square().requiresGrad());
    }

    @Test
    void aGradientIsTakenOutOfAHookWithAScope() {
        Tensor x = leaf(3);
        Tensor[] kept = new Tensor[1];
        x.registerHook(g -> {
            try (TensorScope inner = TensorScope.open()) {
                kept[0] = inner.keep(g.mul(7));
            }
            return null;
        });
        x.sum().backward();
        assertEquals(7, kept[0].item());
        kept[0].close();
    }

    @Test
    void aLeafMayBeUsedAndItsGradientFreedAsSoonAsItIsThere() {
        Tensor x = leaf(3);
        Consumer<Tensor> step = p -> {
            try (var _ = Autograd.noGrad()) {
                p.sub_(p.grad().mul(0.5));
            }
            p.setGrad(null);
        };
        x.registerPostAccumulateGradHook(step);
        x.square().sum().backward();
        assertEquals(0, x.item());
        assertNull(x.grad());
    }

    @Test
    void accumulationHooksRunInOrderAfterTheGradientHooks() {
        Tensor x = leaf(3);
        List<String> order = new ArrayList<>();
        x.registerPostAccumulateGradHook(
                t -> order.add("accumulated " + t.grad().item()));
        x.registerPostAccumulateGradHook(t -> order.add("second"));
        x.registerHook(g -> {
            order.add("gradient");
            return null;
        });
        x.square().sum().backward();
        assertEquals(List.of("gradient", "accumulated 6.0", "second"), order);
    }

    @Test
    void backwardInAnAccumulationHookIsRefusedInsteadOfWaitingForItself() {
        Tensor x = leaf(3);
        x.registerPostAccumulateGradHook(t -> t.square().sum().backward());
        assertThrows(IllegalStateException.class, () -> x.sum().backward());
    }

    @Test
    void aHookMayRunAnotherBackward() {
        Tensor x = leaf(3);
        Tensor y = leaf(2);
        Tensor z = x.square();
        z.registerHook(g -> {
            try (var _ = Autograd.enableGrad()) {
                y.pow(3).sum().backward();
            }
            return g.mul(y.grad());
        });
        z.sum().backward();
        assertEquals(12, y.grad().item());
        assertEquals(6 * 12, x.grad().item());
    }

    @Test
    void passesInsideOfEachOtherWithoutEndAreAnException() {
        Tensor x = sharedLeaf(3);
        x.registerHook(g -> {
            try (var _ = Autograd.enableGrad()) {
                x.square().sum().backward();
            }
            return null;
        });
        assertThrows(IllegalStateException.class, () -> x.sum().backward());
        x.close();
    }

    @Test
    void fourThreadsAddRunAndRemoveHooksOfOneTensor() throws Exception {
        Tensor x = sharedLeaf(3);
        x.registerHook(g -> null);
        AtomicInteger runs = new AtomicInteger();
        int rounds = 300;
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> done = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                done.add(threads.submit(() -> {
                    for (int i = 0; i < rounds; i++) {
                        try (TensorScope _ = TensorScope.open();
                                HookHandle _ = x.registerHook(g -> {
                                    runs.incrementAndGet();
                                    return g.mul(1);
                                })) {
                            Tensor y = x.square().sum();
                            assertEquals(
                                    6, Autograd.grad(y, List.of(x)).getFirst().item());
                        }
                    }
                }));
            }
            for (Future<?> thread : done) {
                thread.get();
            }
        }
        assertTrue(runs.get() >= 4 * rounds, runs + " runs");
        x.close();
    }
}
