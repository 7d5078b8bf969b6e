package dev.gradus.torch.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.DType;
import dev.gradus.torch.Generator;
import dev.gradus.torch.LiveHandles;
import dev.gradus.torch.MemoryFormat;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ModuleTest {
    /** Registers in another order than it makes, and has a parameter, a buffer and a constant of its own. */
    private static final class Net extends Module {
        final Linear head;
        final ModuleList<Conv2d> body;

        Net(Generator generator) {
            Conv2d conv = new Conv2d(1, 2, 3, generator);
            head = registerModule("head", new Linear(2, 1, generator));
            body = registerModule("body", new ModuleList<>(List.of(conv)));
            registerBuffer("count", Torch.zeros(2));
            registerParameter("scale", Torch.ones(1));
            registerConstant("table", Torch.ones(3));
        }
    }

    private static Net net() {
        try (Generator generator = Generator.cpu(0)) {
            return new Net(generator);
        }
    }

    @Test
    void parametersAreListedInTheOrderOfRegistrationTheModulesOwnFirst() {
        try (Net net = net()) {
            assertEquals(
                    List.of("scale", "head.weight", "head.bias", "body.0.weight", "body.0.bias"),
                    List.copyOf(net.namedParameters().keySet()));
            assertEquals(
                    List.of("scale", "count", "head.weight", "head.bias", "body.0.weight", "body.0.bias"),
                    List.copyOf(net.stateDict().keySet()));
            assertEquals(1 + 2 + 1 + 18 + 2, net.parameterCount());
        }
    }

    @Test
    void parametersOutliveTheScopeTheyWereMadeInAndEndWithTheModule() {
        long before = LiveHandles.settled();
        Net net;
        try (var _ = TensorScope.open()) {
            net = net();
        }
        Tensor weight = net.head.weight();
        assertTrue(weight.requiresGrad());
        assertEquals(2, weight.toFloatArray().length);
        net.close();
        net.close();
        assertThrows(IllegalStateException.class, weight::shape);
        assertEquals(before, Torch.liveHandles());
    }

    @Test
    void trainingModeReachesAllModulesInside() {
        try (Net net = net()) {
            assertTrue(net.body.get(0).isTraining());
            net.train(false);
            assertFalse(net.body.get(0).isTraining());
        }
    }

    @Test
    void loadsItsOwnState() {
        try (Net source = net();
                Generator other = Generator.cpu(1);
                Net target = new Net(other)) {
            target.loadStateDict(source.stateDict());
            assertArrayEquals(
                    source.head.weight().toFloatArray(), target.head.weight().toFloatArray());
        }
    }

    @Test
    void weightsThatDoNotFitAreRefusedNamingEveryEntryAndChangeNothing() {
        try (var _ = TensorScope.open();
                Net net = net()) {
            float[] before = net.head.weight().toFloatArray();
            Map<String, Tensor> state = new LinkedHashMap<>(net.stateDict());
            state.replaceAll((name, tensor) -> Torch.zerosLike(tensor));
            state.remove("scale");
            state.put("body.0.bias", Torch.zeros(3));
            state.put("tail.weight", Torch.zeros(1));
            StateDictException e = assertThrows(StateDictException.class, () -> net.loadStateDict(state));
            assertEquals(
                    "the weights do not fit the module; of another shape: body.0.bias is (3), should be (2);"
                            + " missing: scale; unexpected: tail.weight",
                    e.getMessage());
            assertEquals(List.of("scale"), e.missing());
            assertEquals(List.of("tail.weight"), e.unexpected());
            assertArrayEquals(before, net.head.weight().toFloatArray());
        }
    }

    @Test
    void convertsTypesAndLayoutsButNotConstants() {
        try (Net net = net()) {
            net.to(DType.BFLOAT16);
            assertEquals(DType.BFLOAT16, net.head.weight().dtype());
            assertEquals(DType.BFLOAT16, net.namedBuffers().get("count").dtype());
            assertTrue(net.head.weight().requiresGrad());
            net.to(MemoryFormat.CHANNELS_LAST);
            assertTrue(net.body.get(0).weight().isContiguous(MemoryFormat.CHANNELS_LAST));
        }
    }

    @Test
    void zeroGradRemovesTheGradients() {
        try (var _ = TensorScope.open();
                Net net = net()) {
            net.head.forward(Torch.ones(1, 2)).sum().backward();
            assertEquals(1.0, net.head.bias().grad().item());
            net.zeroGrad();
            assertNull(net.head.bias().grad());
        }
    }

    @Test
    void aNameIsTakenOnlyOnce() {
        final class Twice extends Module {
            Twice() {
                registerParameter("w", Torch.ones(1));
                registerBuffer("w", Torch.ones(1));
            }
        }
        assertEquals(
                "Twice already has something named 'w'",
                assertThrows(IllegalArgumentException.class, Twice::new).getMessage());
    }
}
