package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table is what Python prints, written by make_printing.py. */
class PrintingTest {

    static Stream<String> table() throws IOException {
        try (var in = PrintingTest.class.getResourceAsStream("/golden/printing.txt")) {
            String all = "\n" + new String(in.readAllBytes(), StandardCharsets.UTF_8).stripTrailing();
            return Arrays.stream(all.split("\n# ")).skip(1);
        }
    }

    @ParameterizedTest
    @MethodSource("table")
    void aTensorIsPrintedAsInPython(String text) {
        String[] lines = text.split("\n", 2);
        String[] fields = lines[0].split(" ");
        try (var _ = TensorScope.open()) {
            Tensor tensor = done(fields[4], tensor(fields[0], fields[1], fields[2]));
            PrintOptions options = options(fields[3]);
            assertEquals(lines[1], tensor.toString(options));
        }
    }

    private static Tensor tensor(String type, String sizes, String elements) {
        DType dtype = DType.valueOf(type.toUpperCase(Locale.ROOT));
        long[] shape = sizes.equals("scalar")
                ? new long[0]
                : Arrays.stream(sizes.split("x")).mapToLong(Long::parseLong).toArray();
        String[] parts = elements.split(":", -1);
        if (parts[0].equals("hex")) {
            byte[] bytes = HexFormat.of().parseHex(parts[1]);
            return Torch.fromSegment(MemorySegment.ofArray(bytes), dtype, shape);
        }
        long count = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        Tensor numbers = Torch.arange(TensorOptions.of(DType.FLOAT64), 0, count, 1);
        return numbers.mul(Double.parseDouble(parts[1]))
                .add(Double.parseDouble(parts[2]))
                .remainder(Double.parseDouble(parts[3]))
                .to(dtype)
                .reshape(shape);
    }

    private static Tensor done(String step, Tensor tensor) {
        return switch (step) {
            case "-" -> tensor;
            case "leaf" -> tensor.requiresGrad_(true);
            case "sparse", "sparseRows", "sparseColumns" -> sparse(step, tensor);
            case "exp" -> tensor.requiresGrad_(true).exp();
            case "sum" -> tensor.requiresGrad_(true).sum();
            case "flatten" -> tensor.requiresGrad_(true).flatten();
            case "sigmoid" -> tensor.requiresGrad_(true).sigmoid();
            case "neg" -> tensor.requiresGrad_(true).neg();
            case "abs" -> tensor.requiresGrad_(true).abs();
            default -> throw new AssertionError(step);
        };
    }

    private static Tensor sparse(String step, Tensor tensor) {
        String name = switch (step) {
            case "sparse" -> "aten::to_sparse";
            case "sparseRows" -> "aten::to_sparse_csr";
            default -> "aten::to_sparse_csc";
        };
        if (step.equals("sparse")) {
            return Call.of(Operator.named(name, "sparse_dim"))
                    .tensor(tensor)
                    .int_(tensor.dim())
                    .result();
        }
        return Call.of(Operator.named(name, "")).tensor(tensor).none().result();
    }

    private static PrintOptions options(String text) {
        PrintOptions options = PrintOptions.DEFAULT;
        for (String option : text.equals("-") ? new String[0] : text.split(",")) {
            int value = Integer.parseInt(option.substring(1));
            options = switch (option.charAt(0)) {
                case 'p' -> options.precision(value);
                case 't' -> options.threshold(value);
                case 'e' -> options.edgeItems(value);
                case 'l' -> options.lineWidth(value);
                case 's' -> options.sciMode(value != 0);
                default -> throw new AssertionError(option);
            };
        }
        return options;
    }

    @Test
    void toStringUsesTheOptionsThatAreSet() {
        try (var _ = TensorScope.open()) {
            Tensor x = Torch.tensor(1.5f, 0.125f);
            assertEquals("tensor([1.5000, 0.1250])", x.toString());
            PrintOptions.setCurrent(PrintOptions.SHORT);
            try {
                assertEquals("tensor([1.50, 0.12])", x.toString());
            } finally {
                PrintOptions.setCurrent(PrintOptions.DEFAULT);
            }
        }
    }

    @Test
    void toStringNeverFails() throws Exception {
        try (var _ = TensorScope.open()) {
            Tensor x = Torch.ones(2);
            assertEquals(
                    "tensor(confined to another thread)",
                    CompletableFuture.supplyAsync(x::toString).get());
            x.close();
            assertEquals("tensor(closed)", x.toString());
            assertThrows(IllegalStateException.class, () -> x.toString(PrintOptions.DEFAULT));
            assertEquals(
                    "tensor(..., device='meta', size=(2,))",
                    Torch.empty(TensorOptions.of(Device.meta()), 2).toString());
            for (DType dtype : DType.values()) {
                String text = Torch.empty(TensorOptions.of(dtype), 2, 600).toString();
                assertTrue(text.startsWith("tensor("), text);
            }
        }
    }

    @Test
    void printingLeavesNoTensorBehind() {
        try (var _ = TensorScope.open()) {
            Tensor x = Torch.ones(2000);
            long before = LiveHandles.settled();
            x.toString();
            assertTrue(Torch.liveHandles() <= before);
        }
    }

    @Test
    void aTensorWithoutElementsPrintsHoweverLargeItsOtherSizesAre() {
        try (var _ = TensorScope.open()) {
            Tensor x = Torch.ones(0, 1, 1).expand(0, 1L << 40, 1L << 40);
            assertTrue(x.toString().startsWith("tensor([], size=("), x.toString());
        }
    }
}
