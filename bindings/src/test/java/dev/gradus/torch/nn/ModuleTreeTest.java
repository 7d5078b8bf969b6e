package dev.gradus.torch.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.DType;
import dev.gradus.torch.LiveHandles;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Names, tied weights, reports and texts of trees of modules. */
class ModuleTreeTest {
    /** The output layer uses the table of the embedding, as language models do. */
    private static final class Tied extends Layer {
        final Embedding in = registerModule("in", new Embedding(5, 3, null));
        final Projection out = registerModule("out", new Projection(in));

        @Override
        public Tensor forward(Tensor tokens) {
            return out.forward(in.forward(tokens));
        }
    }

    private static final class Projection extends Layer {
        final Parameter weight;

        Projection(Embedding table) {
            weight = registerParameter("weight", table.weightParameter());
            registerBuffer("scale", Torch.ones(1), false);
        }

        @Override
        public Tensor forward(Tensor x) {
            return F.linear(x, weight.get(), null);
        }
    }

    @Test
    void tiedWeightsAreListedOnceSavedUnderBothNamesAndConvertedTogether() {
        long before = LiveHandles.settled();
        try (Tied net = new Tied()) {
            assertEquals(List.of("in.weight"), List.copyOf(net.namedParameters().keySet()));
            assertEquals(
                    List.of("in.weight", "out.weight"),
                    List.copyOf(net.stateDict().keySet()));
            assertEquals(15, net.parameterCount());
            net.to(DType.FLOAT64);
            assertSame(net.in.weight(), net.out.weight.get());
            assertEquals(DType.FLOAT64, net.in.weight().dtype());
        }
        assertEquals(before, Torch.liveHandles());
    }

    @Test
    void buffersThatAreNotPersistentAreListedAndConvertedButNotSaved() {
        try (Tied net = new Tied()) {
            assertEquals(List.of("out.scale"), List.copyOf(net.namedBuffers().keySet()));
            assertFalse(net.stateDict().containsKey("out.scale"));
            net.to(DType.FLOAT16);
            assertEquals(DType.FLOAT16, net.namedBuffers().get("out.scale").dtype());
        }
    }

    @Test
    void lenientLoadingTakesWhatFitsAndReportsTheRest() {
        try (TensorScope _ = TensorScope.open();
                Sequential net = new Sequential(new Linear(2, 3, null), new Linear(3, 1, null))) {
            float[] untouched = net.stateDict().get("1.weight").toFloatArray();
            Map<String, Tensor> weights = new LinkedHashMap<>();
            weights.put("0.weight", Torch.ones(TensorOptions.of(DType.FLOAT16), 3, 2));
            weights.put("0.bias", Torch.ones(TensorOptions.of(DType.COMPLEX64), 3));
            weights.put("1.weight", Torch.ones(1, 4));
            weights.put("2.bias", Torch.ones(1));
            StateDictReport report = net.loadStateDict(weights, false);
            assertEquals(List.of("0.weight"), report.loaded());
            assertEquals(List.of("0.weight is float16, should be float32"), report.converted());
            assertEquals(
                    "the weights do not fit the module; of another shape: 1.weight is (1, 4), should be (1, 3);"
                            + " of another type: 0.bias is complex64, should be float32; missing: 1.bias;"
                            + " unexpected: 2.bias",
                    report.toString());
            assertArrayEquals(
                    new float[] {1, 1, 1, 1, 1, 1},
                    net.stateDict().get("0.weight").toFloatArray());
            assertArrayEquals(untouched, net.stateDict().get("1.weight").toFloatArray());
            assertEquals(
                    report.toString(),
                    assertThrows(StateDictException.class, () -> net.loadStateDict(weights))
                            .getMessage());
        }
    }

    @Test
    void modulesAreFoundByTheirPaths() {
        try (Sequential net = new Sequential(new Sequential(new Linear(1, 1, null)))) {
            assertEquals(List.of("", "0", "0.0"), List.copyOf(net.namedModules().keySet()));
            assertSame(net.get(0).children().get("0"), net.submodule("0.0"));
            assertEquals(
                    "Sequential has no module '1' (of the path '0.1'); it has [0]",
                    assertThrows(IllegalArgumentException.class, () -> net.submodule("0.1"))
                            .getMessage());
            List<String> order = new ArrayList<>();
            net.apply(module -> order.add(module.getClass().getSimpleName()));
            assertEquals(List.of("Linear", "Sequential", "Sequential"), order);
        }
    }

    @Test
    void aFrozenModuleHasNothingToTrain() {
        try (Linear linear = new Linear(2, 3, null)) {
            linear.requiresGrad_(false);
            assertEquals(9, linear.parameterCount());
            assertEquals(0, linear.parameterCount(true));
        }
    }

    @Test
    void aHookSeesAndReplacesTheOutputUntilItIsClosed() {
        try (TensorScope _ = TensorScope.open();
                Sequential net = new Sequential(new Linear(1, 1, null))) {
            Tensor x = Torch.ones(1);
            double plain = net.call(x).item();
            try (Layer.Registration _ = net.get(0).registerForwardHook((layer, input, output) -> {
                assertTrue(layer instanceof Linear);
                return output.add(input);
            })) {
                assertEquals(plain + 1, net.call(x).item(), 1e-6);
            }
            assertEquals(plain, net.call(x).item());
        }
    }

    @Test
    void aTreePrintsAsInPyTorch() {
        ModuleList<Linear> list =
                new ModuleList<>(List.of(new Linear(2, 2, null), new Linear(2, 2, null), new Linear(2, 1, null)));
        try (ModuleDict<Module> dict = new ModuleDict<>(Map.of("list", list))) {
            assertEquals("""
                ModuleDict(
                  (list): ModuleList(
                    (0-1): 2 x Linear(in_features=2, out_features=2, bias=True)
                    (2): Linear(in_features=2, out_features=1, bias=True)
                  )
                )\
                """, dict.toString());
        }
    }

    @Test
    void aListOfParametersIsNumbered() {
        try (ParameterList list = new ParameterList(List.of(Torch.ones(1), Torch.zeros(2)))) {
            assertEquals(List.of("0", "1"), List.copyOf(list.namedParameters().keySet()));
            assertTrue(list.get(1).requiresGrad());
        }
    }
}
