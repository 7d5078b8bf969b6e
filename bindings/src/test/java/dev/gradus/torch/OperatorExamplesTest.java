package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gradus.torch.io.SafeTensors;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * The examples of the operator table give what Python gives on the same libtorch, by make_operator_goldens.py. Another CPU
 * may take other kernels, hence the tolerances: 1e-9 for float64, 1e-5 for float32.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OperatorExamplesTest {

    static final List<OperatorExample> EXAMPLES = OperatorExamples.all();
    static final List<OperatorExample> IN_PLACE =
            EXAMPLES.stream().filter(example -> example.inPlace() != null).toList();

    private TensorScope scope;
    private Map<String, Tensor> tensors;
    private Map<String, String> dtypes;

    @BeforeAll
    void readGoldens() throws Exception {
        scope = TensorScope.open();
        try (SafeTensors.File file =
                SafeTensors.read(Path.of("src", "test", "resources", "operators", "goldens.safetensors"))) {
            tensors = new HashMap<>(file.all());
            dtypes = file.metadata();
        }
        tensors.replaceAll((name, tensor) ->
                isOperand(name) && dtypes.get(name).startsWith("complex") ? tensor.viewAsComplex() : tensor);
    }

    /** Rather than the result of an example, whose key has slashes. */
    private static boolean isOperand(String name) {
        return name.indexOf('/') < 0;
    }

    @AfterAll
    void closeScope() {
        scope.close();
    }

    @BeforeEach
    void seed() {
        Torch.manualSeed(0);
    }

    @ParameterizedTest
    @FieldSource("EXAMPLES")
    void givesWhatPythonGives(OperatorExample example) throws ReflectiveOperationException {
        try (TensorScope _ = TensorScope.open()) {
            List<Object> results = flatten(example.call().apply(tensors));
            long expected = dtypes.keySet().stream()
                    .filter(key -> key.startsWith(example.key() + "/"))
                    .count();
            assertEquals(expected, results.size(), "number of results");
            for (int i = 0; i < results.size(); i++) {
                compare(example.key() + "/" + i, results.get(i));
            }
        }
    }

    private void compare(String key, Object result) {
        Tensor golden = tensors.get(key);
        if (result instanceof Tensor tensor) {
            assertEquals(dtypes.get(key), tensor.dtype().name().toLowerCase(Locale.ROOT), "dtype");
            boolean complex = dtypes.get(key).startsWith("complex");
            Tensor real = complex ? tensor.resolveConj().viewAsReal() : tensor;
            assertArrayEquals(golden.shape(), real.shape(), "shape");
            double tolerance = dtypes.get(key).endsWith("32") || dtypes.get(key).equals("complex64") ? 1e-5 : 1e-9;
            assertClose(golden.toDoubleArray(), real.toDoubleArray(), tolerance);
        } else if (result instanceof Boolean truth) {
            assertEquals(golden.item() != 0, truth);
        } else {
            assertEquals(golden.item(), ((Number) result).doubleValue());
        }
    }

    private static void assertClose(double[] expected, double[] actual, double tolerance) {
        for (int i = 0; i < expected.length; i++) {
            double allowed = Double.isFinite(expected[i]) ? tolerance * Math.max(1, Math.abs(expected[i])) : tolerance;
            assertEquals(expected[i], actual[i], allowed, "element " + i);
        }
    }

    /** The tensors in a result that is a record or an array. */
    private static List<Object> flatten(Object result) throws ReflectiveOperationException {
        if (result instanceof Tensor[] array) {
            return Arrays.asList((Object[]) array);
        }
        if (!(result instanceof Record)) {
            return List.of(result);
        }
        List<Object> parts = new ArrayList<>();
        for (RecordComponent component : result.getClass().getRecordComponents()) {
            parts.add(component.getAccessor().invoke(result));
        }
        return parts;
    }

    @ParameterizedTest
    @FieldSource("IN_PLACE")
    void changesATensorInPlaceToWhatTheOtherFormAnswers(OperatorExample example) {
        try (TensorScope _ = TensorScope.open()) {
            Tensor answered = (Tensor) example.call().apply(tensors);
            Torch.manualSeed(0);
            Tensor changed = example.inPlace().apply(tensors);
            assertArrayEquals(answered.shape(), changed.shape());
            assertArrayEquals(numbers(answered), numbers(changed));
        }
    }

    private static double[] numbers(Tensor tensor) {
        return (tensor.dtype().isComplex() ? tensor.resolveConj().viewAsReal() : tensor).toDoubleArray();
    }
}
