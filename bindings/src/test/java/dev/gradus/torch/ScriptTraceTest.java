package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.nn.F;
import dev.gradus.torch.nn.GroupNorm;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TorchScript modules made from what Java code does. */
class ScriptTraceTest {
    @TempDir
    private Path folder;

    private TensorScope scope;
    private Tensor weight;
    private Tensor shift;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
        weight = Torch.tensor(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
        shift = Torch.tensor(10f, 20f);
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private Tensor layer(List<Tensor> in) {
        return F.linear(in.get(0), weight, null).add(shift).mul(in.get(1));
    }

    private ScriptModule trace() {
        return ScriptModule.trace(
                List.of("x", "factor"),
                this::layer,
                List.of(Torch.zeros(1, 3), Torch.zeros(1)),
                Map.of("layers.0.weight", weight),
                Map.of("layers.0.shift", shift));
    }

    @Test
    void itDoesTheSameWithOtherInputsAndOtherSizes() {
        Tensor x = Torch.randn(5, 3);
        Tensor factor = Torch.tensor(-2f);
        try (ScriptModule module = trace()) {
            assertArrayEquals(
                    layer(List.of(x, factor)).toFloatArray(), ((Tensor) module.forward(x, factor)).toFloatArray());
            assertEquals("forward(Tensor x, Tensor factor) -> Tensor", module.schema("forward"));
        }
    }

    @Test
    void itsTensorsHaveTheirNamesAndAreTheSameMemory() {
        try (ScriptModule module = trace()) {
            assertEquals(Set.of("layers.0.weight"), module.namedParameters().keySet());
            assertEquals(Set.of("layers.0.shift"), module.namedBuffers().keySet());
            weight.zero_();
            Tensor y = (Tensor) module.forward(Torch.randn(1, 3), Torch.ones(1));
            assertArrayEquals(new float[] {10, 20}, y.toFloatArray());
        }
    }

    @Test
    void itIsSavedAndLoaded() {
        Path file = folder.resolve("layer.ts");
        Tensor x = Torch.randn(4, 3);
        try (ScriptModule module = trace()) {
            module.save(file);
        }
        try (ScriptModule loaded = ScriptModule.load(file).eval()) {
            assertFalse(loaded.isTraining());
            assertArrayEquals(
                    layer(List.of(x, Torch.ones(1))).toFloatArray(),
                    ((Tensor) loaded.forward(x, Torch.ones(1))).toFloatArray());
        }
    }

    @Test
    void aSizeThatTheCodeAskedForIsAConstant() {
        try (ScriptModule module = ScriptModule.trace(
                List.of("x"),
                in -> in.get(0).reshape(in.get(0).size(0), 2),
                List.of(Torch.zeros(3, 2)),
                Map.of(),
                Map.of())) {
            assertThrows(TorchException.class, () -> module.forward(Torch.zeros(4, 2)));
        }
    }

    @Test
    void methodsAreAddedFromSource() {
        try (ScriptModule module = trace()) {
            module.define("""
                def doubled(self, x, factor):
                    return self.forward(x, factor) * 2.0
                def about(self) -> str:
                    return "a layer"
                """);
            Tensor x = Torch.randn(2, 3);
            Tensor one = Torch.ones(1);
            assertEquals("a layer", module.call("about"));
            assertArrayEquals(
                    layer(List.of(x, one)).mul(2).toFloatArray(),
                    ((Tensor) module.call("doubled", x, one)).toFloatArray());
            TorchValueException wrong =
                    assertThrows(TorchValueException.class, () -> module.define("def broken(self):\n  return y\n"));
            assertTrue(wrong.getMessage().contains("undefined value y"), wrong.getMessage());
        }
    }

    @Test
    void aFusedKernelIsRecordedAsTheOperatorsItStandsFor() {
        GroupNorm norm = new GroupNorm(2, 4);
        norm.fused(true);
        try (norm;
                ScriptModule module = ScriptModule.trace(
                        List.of("x"),
                        in -> norm.forward(in.get(0), null, null, true).output(),
                        List.of(Torch.randn(1, 4, 3, 3)),
                        norm.namedParameters(),
                        Map.of())) {
            Tensor x = Torch.randn(2, 4, 3, 3);
            assertArrayEquals(
                    norm.forward(x, null, null, true).output().toFloatArray(),
                    ((Tensor) module.forward(x)).toFloatArray(),
                    1e-5f);
        }
    }

    @Test
    void whatTheFunctionThrowsIsThrownAndRecordingIsOver() {
        IllegalStateException mine = new IllegalStateException("mine");
        IllegalStateException thrown = assertThrows(
                IllegalStateException.class,
                () -> ScriptModule.trace(
                        List.of("x"),
                        _ -> {
                            throw mine;
                        },
                        List.of(Torch.zeros(1)),
                        Map.of(),
                        Map.of()));
        assertSame(mine, thrown);
        itDoesTheSameWithOtherInputsAndOtherSizes();
    }

    @Test
    void aNameThatIsGivenTwiceIsRefused() {
        TorchValueException twice = assertThrows(
                TorchValueException.class,
                () -> ScriptModule.trace(
                        List.of("x", "factor"),
                        this::layer,
                        List.of(Torch.zeros(1, 3), Torch.zeros(1)),
                        Map.of("a", weight),
                        Map.of("a.b", shift)));
        assertTrue(twice.getMessage().contains("'a' is a tensor and a part"), twice.getMessage());
        assertThrows(
                IllegalArgumentException.class,
                () -> ScriptModule.trace(List.of("x"), this::layer, List.of(), Map.of(), Map.of()));
    }
}
