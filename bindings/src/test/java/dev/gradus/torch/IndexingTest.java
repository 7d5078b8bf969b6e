package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table is what Python answers, written by make_indexing.py. */
class IndexingTest {

    private TensorScope scope;

    @BeforeEach
    void openScope() {
        scope = TensorScope.open();
    }

    @AfterEach
    void closeScope() {
        scope.close();
    }

    static Stream<String> table() throws IOException {
        try (var in = IndexingTest.class.getResourceAsStream("/golden/indexing.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("table")
    void getAndSetDoWhatPythonDoes(String line) {
        String[] fields = line.split("\t", -1);
        long[] shape = numbers(fields[0], "x");
        Index[] indices = indices(fields[1]);
        if (fields[2].equals("error")) {
            assertEquals("IndexError", fields[3]);
            assertThrows(TorchIndexException.class, () -> range(shape, 0).get(indices));
            assertThrows(TorchIndexException.class, () -> range(shape, 0).set(Torch.scalar(1), indices));
            assertThrows(TorchIndexException.class, () -> range(shape, 0).set(1, indices));
            return;
        }
        Tensor x = range(shape, 0);
        Tensor result = x.get(indices);
        assertArrayEquals(numbers(fields[2], "x"), result.shape());
        assertArrayEquals(numbers(fields[4], ","), result.toLongArray());
        if (!fields[3].equals("-")) {
            assertArrayEquals(numbers(fields[3], ","), result.strides());
            assertArrayEquals(
                    numbers(fields[4], ","),
                    x.to(DType.FLOAT32).requiresGrad_(true).get(indices).toLongArray());
        }
        assertArrayEquals(numbers(fields[5], ","), x.set(-1, indices).toLongArray());
        Tensor value = range(result.shape(), 100);
        assertArrayEquals(
                numbers(fields[6], ","), range(shape, 0).set(value, indices).toLongArray());
    }

    private static Tensor range(long[] shape, long start) {
        long count = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        return Torch.arange(start, start + count, 1).reshape(shape);
    }

    private static long[] numbers(String text, String separator) {
        return text.isEmpty()
                ? new long[0]
                : Arrays.stream(text.split(separator))
                        .mapToLong(Long::parseLong)
                        .toArray();
    }

    private static Index[] indices(String text) {
        List<Index> indices = new ArrayList<>();
        for (String token : text.split(";")) {
            int bracket = token.indexOf('[');
            if (bracket < 0) {
                indices.addAll(List.of(Index.parse(token)));
                continue;
            }
            long[] values = numbers(token.substring(bracket + 1, token.length() - 1), ",");
            String sizes = token.substring(1, bracket);
            long[] shape = sizes.isEmpty() ? new long[] {values.length} : numbers(sizes, "x");
            if (sizes.equals("0") && values.length == 1) {
                shape = new long[0];
            }
            Tensor tensor = Torch.tensor(values, shape);
            indices.add(token.startsWith("b") ? tensor.to(DType.BOOL) : tensor);
        }
        return indices.toArray(Index[]::new);
    }

    @Test
    void positionsAloneNeedNoIndexObjects() {
        Tensor x = range(new long[] {2, 3}, 0);
        assertArrayEquals(new long[] {3, 4, 5}, x.get(1).toLongArray());
        assertEquals(5, x.get(1, -1).itemLong());
        assertEquals(7, x.set(7, 0, 1).get(0, 1).itemLong());
        assertEquals(8, x.set(8.9, 0, 1).get(0, 1).itemLong());
        assertEquals(9, x.set(Torch.scalar(9), 0, 1).get(0, 1).itemLong());
        assertThrows(TorchIndexException.class, () -> x.get(2));
        assertThrows(TorchIndexException.class, () -> x.get(0, 3));
        assertThrows(TorchIndexException.class, () -> x.get(0, 0, 0));
        assertThrows(TorchIndexException.class, () -> Torch.scalar(1).get(0));
    }

    @Test
    void aViewSharesMemoryAndGradientsFlowThroughIt() {
        Tensor x = Torch.zeros(2, 3).requiresGrad_(true);
        Tensor y = x.mul(2);
        y.get("1, 1:").sum().backward();
        assertArrayEquals(new float[] {0, 0, 0, 0, 2, 2}, x.grad().toFloatArray());
        Tensor z = Torch.zeros(2, 3);
        z.get(1, 1).add_(Torch.scalar(1.0));
        z.get("0, ::2").set(5, Index.ellipsis());
        assertArrayEquals(new float[] {5, 0, 5, 0, 1, 0}, z.toFloatArray());
    }

    @Test
    void gradientsFlowThroughWhatIsSet() {
        Tensor value = Torch.ones(2).requiresGrad_(true);
        Tensor x = Torch.zeros(2, 2);
        x.set(value, Index.all(), Index.at(1));
        x.mul(3).sum().backward();
        assertArrayEquals(new float[] {3, 3}, value.grad().toFloatArray());
    }

    @Test
    void aMaskOfATensorPicksItsElements() {
        Tensor x = Torch.tensor(1f, -2f, 3f);
        assertArrayEquals(new float[] {1, 3}, x.get(x.gt(0)).toFloatArray());
        assertArrayEquals(new float[] {1, 0, 3}, x.set(0.0, x.lt(0)).toFloatArray());
    }

    @Test
    void whatIsSetMustFit() {
        Tensor x = Torch.zeros(2, 3);
        assertThrows(TorchException.class, () -> x.set(Torch.ones(2), Index.at(0)));
        assertThrows(TorchException.class, () -> x.set(Torch.ones(2), Index.list(0, 1), Index.all()));
        Tensor leaf = Torch.zeros(2).requiresGrad_(true);
        assertThrows(TorchException.class, () -> leaf.set(1, 0));
    }

    @Test
    void wrongIndicesAreRefusedBeforeTheCall() {
        Tensor x = Torch.zeros(3);
        assertThrows(TorchValueException.class, () -> Index.range(null, null, -1));
        assertEquals(
                "slice step cannot be zero",
                assertThrows(TorchValueException.class, () -> Index.every(0)).getMessage());
        assertThrows(NullPointerException.class, () -> x.get(Index.all(), null));
        for (String wrong : new String[] {"", "1:2:3:4", "a", "1,", "[0]", "1.5"}) {
            assertThrows(IllegalArgumentException.class, () -> x.get(wrong), wrong);
        }
        assertThrows(TorchIndexException.class, () -> x.get(Torch.tensor(0.5f)));
    }
}
