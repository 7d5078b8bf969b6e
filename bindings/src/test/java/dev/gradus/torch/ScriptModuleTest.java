package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.io.SafeTensors;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TorchScript modules do what they do in Python. make_script_modules.py made them and the numbers. */
class ScriptModuleTest {

    private static final Path FILES = Path.of("src/test/resources/script");
    private static final Path MLP = FILES.resolve("mlp.pt");

    @TempDir
    private Path folder;

    private TensorScope scope;
    private ScriptModule mlp;
    private ScriptModule control;
    private Map<String, Tensor> expected;

    @BeforeEach
    void load() throws IOException {
        scope = TensorScope.open();
        mlp = ScriptModule.load(MLP);
        control = ScriptModule.load(FILES.resolve("control.pt"), Device.cpu());
        expected = SafeTensors.load(FILES.resolve("expected.safetensors"));
    }

    @AfterEach
    void close() {
        mlp.close();
        control.close();
        scope.close();
    }

    private static void assertSame(Tensor expected, Object actual) {
        Tensor tensor = assertInstanceOf(Tensor.class, actual);
        assertArrayEquals(expected.shape(), tensor.shape());
        // Another processor sums in another order.
        assertArrayEquals(expected.toFloatArray(), tensor.toFloatArray(), 1e-6f);
    }

    @Test
    void forwardAndGradientsAreThoseOfPython() {
        Tensor x = expected.get("x").requiresGrad_(true);
        Tensor y = (Tensor) mlp.forward(x);
        assertSame(expected.get("y"), y);
        y.sum().backward();
        assertSame(expected.get("x.grad"), x.grad());
        mlp.namedParameters().forEach((name, parameter) -> assertSame(expected.get(name + ".grad"), parameter.grad()));
    }

    @Test
    void itLoadsFromAStream() throws IOException {
        try (InputStream in = Files.newInputStream(MLP);
                ScriptModule loaded = ScriptModule.load(in, Device.cpu())) {
            assertSame(expected.get("y"), loaded.forward(expected.get("x")));
        }
    }

    @Test
    void parametersBuffersAndAttributesHaveTheirNames() {
        assertEquals(
                List.of("layers.0.weight", "layers.0.bias", "layers.3.weight", "layers.3.bias"),
                List.copyOf(mlp.namedParameters().keySet()));
        assertEquals(Set.of("scale", "calls"), mlp.namedBuffers().keySet());
        assertArrayEquals(new float[] {2, 3}, ((Tensor) mlp.attribute("scale")).toFloatArray());
        assertTrue(
                control.attributes().containsAll(List.of("version", "labels", "training")), "" + control.attributes());
        assertEquals(3L, control.attribute("version"));
        assertEquals(List.of("a", "b"), control.attribute("labels"));
        assertThrows(TorchIndexException.class, () -> control.attribute("nothing"));
    }

    @Test
    void methodsTellWhatTheyTake() {
        assertTrue(control.methods().containsAll(List.of("forward", "parts", "join", "fail")), "" + control.methods());
        assertEquals("forward(Tensor x, int steps=2) -> Tensor", control.schema("forward"));
        assertThrows(TorchIndexException.class, () -> control.schema("nothing"));
    }

    @Test
    void controlFlowFollowsTheData() {
        // 4 * 2: below 10, so + 0; + 1 makes 12; above 10, so / 2
        assertSame(Torch.tensor(3f, 3f, 3f, 3f), control.forward(Torch.tensor(2f, 2f, 2f, 2f)));
        assertSame(Torch.tensor(1.5f, 1.5f, 1.5f, 1.5f), control.forward(Torch.tensor(2f, 2f, 2f, 2f), 3));
    }

    @Test
    void resultsOfEveryKindComeBack() {
        Tensor x = Torch.tensor(1f, 2f);
        List<?> parts = (List<?>) control.call("parts", x, "zwölf");
        assertEquals(6, parts.size());
        assertEquals(3, ((Tensor) parts.get(0)).item());
        Map<?, ?> dict = (Map<?, ?>) parts.get(1);
        assertEquals(List.of("zwölf", "zero"), List.copyOf(dict.keySet()));
        assertSame(Torch.tensor(2f, 4f), dict.get("zwölf"));
        assertEquals(List.of(1L, 0.5, true, "zwölf!"), parts.subList(2, 6));
    }

    @Test
    void argumentsOfEveryKindGoIn() {
        Tensor one = Torch.tensor(1f);
        Tensor two = Torch.tensor(2f, 3f);
        Object[] pair = {2, 1}; // an int where a float is wanted
        Map<String, Object> weights = Map.of("a", 2.0, "b", 0.5f);
        List<?> split = (List<?>) control.call("join", List.of(one, two), new long[] {2, 1}, pair, weights);
        assertSame(Torch.tensor(3f, 5f), split.get(0));
        assertSame(Torch.tensor(7f), split.get(1));
        split = (List<?>) control.call("join", List.of(one, two), List.of(3), pair, weights, one);
        assertSame(Torch.tensor(4f, 6f, 8f), split.get(0));
    }

    @Test
    void aWrongArgumentIsNamed() {
        TorchTypeException e = assertThrows(TorchTypeException.class, () -> control.forward("text"));
        assertEquals("forward: the argument 'x' must be Tensor, not a string", e.getMessage());
        assertThrows(TorchTypeException.class, () -> control.forward(new Object()));
        assertThrows(TorchTypeException.class, () -> control.forward(Torch.ones(1), 1, 1));
        TorchException missing = assertThrows(TorchException.class, control::forward);
        assertTrue(missing.getMessage().contains("missing value for argument 'x'"), missing.getMessage());
        assertThrows(TorchIndexException.class, () -> control.call("nothing"));
    }

    @Test
    void whatItRaisesIsAnException() {
        TorchException e = assertThrows(TorchException.class, () -> control.call("fail", Torch.ones(1)));
        assertTrue(e.getMessage().contains("no such luck"), e.getMessage());
    }

    @Test
    void dropoutIsForTrainingOnly() {
        assertFalse(mlp.isTraining());
        assertTrue(mlp.train().isTraining());
        Torch.manualSeed(1);
        Tensor x = expected.get("x");
        assertFalse(
                java.util.Arrays.equals(expected.get("y").toFloatArray(), ((Tensor) mlp.forward(x)).toFloatArray()));
        assertFalse(mlp.eval().isTraining());
        assertSame(expected.get("y"), mlp.forward(x));
    }

    @Test
    void aCastLeavesIntegersAlone() {
        mlp.to(DType.FLOAT64);
        assertEquals(DType.FLOAT64, mlp.namedParameters().get("layers.0.weight").dtype());
        assertEquals(DType.FLOAT64, mlp.namedBuffers().get("scale").dtype());
        assertEquals(DType.INT64, mlp.namedBuffers().get("calls").dtype());
        Tensor y = (Tensor) mlp.to(Device.cpu()).forward(expected.get("x").to(DType.FLOAT64));
        assertArrayEquals(expected.get("y").toDoubleArray(), y.toDoubleArray(), 1e-6);
        assertThrows(TorchTypeException.class, () -> mlp.to(DType.INT64));
    }

    @Test
    void whatIsSavedLoadsAgain() {
        Path saved = folder.resolve("saved.pt");
        mlp.save(saved);
        try (ScriptModule again = ScriptModule.load(saved)) {
            assertSame(expected.get("y"), again.forward(expected.get("x")));
        }
        Path nowhere = folder.resolve("nowhere").resolve("saved.pt");
        TorchException e = assertThrows(TorchException.class, () -> mlp.save(nowhere));
        assertTrue(e.getMessage().contains(nowhere.toString()), e.getMessage());
    }

    @Test
    void aFileThatIsMissingOrBrokenIsNamed() throws IOException {
        Path missing = folder.resolve("missing.pt");
        UncheckedIOException e = assertThrows(UncheckedIOException.class, () -> ScriptModule.load(missing));
        assertTrue(e.getMessage().contains(missing.toString()), e.getMessage());
        byte[] whole = Files.readAllBytes(MLP);
        byte[] damaged = whole.clone();
        java.util.Arrays.fill(damaged, 200, damaged.length - 200, (byte) 'x');
        for (byte[] bytes :
                List.of(new byte[0], "text".getBytes(), java.util.Arrays.copyOf(whole, whole.length / 2), damaged)) {
            Path broken = Files.write(folder.resolve("broken.pt"), bytes);
            TorchException refused = assertThrows(TorchException.class, () -> ScriptModule.load(broken));
            assertTrue(refused.getMessage().startsWith(broken + " is no TorchScript module"), refused.getMessage());
            assertThrows(TorchException.class, () -> ScriptModule.load(new ByteArrayInputStream(bytes), Device.cpu()));
        }
    }

    @Test
    void manyThreadsCallItAtOnce() throws ExecutionException, InterruptedException {
        float[] x = expected.get("x").toFloatArray();
        float[] y = expected.get("y").toFloatArray();
        try (var threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> calls = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                calls.add(threads.submit(() -> {
                    for (int n = 0; n < 200; n++) {
                        try (var _ = TensorScope.open();
                                Guard _ = Autograd.noGrad()) {
                            Tensor input = Torch.tensor(x).reshape(4, 3);
                            assertArrayEquals(y, ((Tensor) mlp.forward(input)).toFloatArray(), 1e-6f);
                            if (n % 50 == 0) {
                                mlp.eval();
                            }
                        }
                    }
                }));
            }
            for (Future<?> call : calls) {
                call.get();
            }
        }
    }

    @Test
    void aClosedOneIsAnException() {
        mlp.close();
        mlp.close();
        assertThrows(IllegalStateException.class, () -> mlp.forward(expected.get("x")));
        assertThrows(IllegalStateException.class, mlp::eval);
        assertThrows(IllegalStateException.class, mlp::namedParameters);
    }

    @Test
    void nothingIsLeftBehind() {
        long before = LiveHandles.settled();
        try (var _ = TensorScope.open();
                ScriptModule module = ScriptModule.load(MLP)) {
            module.forward(expected.get("x"));
            module.namedParameters();
        }
        assertEquals(before, Torch.liveHandles());
    }
}
