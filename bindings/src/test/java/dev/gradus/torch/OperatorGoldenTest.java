package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/**
 * Every operator that make_operators.py found arguments for, called with the same arguments by name: the results are
 * those of Python on the same libtorch. The script describes the file and its spelling of arguments.
 */
class OperatorGoldenTest {

    /** Of a large number of operators each with its own schema, fewer would not be "every operator". */
    private static final int OPERATORS = 300;

    /**
     * The same kernels on the same processor give the same bits. Another processor runs other kernels, whose sums are in
     * another order: for sums of at most some hundred numbers of about 1 this much of float32's 2^-24 is enough.
     */
    private static final double OTHER_PROCESSOR = 1e-4;

    private final List<Generator> generators = new ArrayList<>();

    @Test
    void operatorsAnswerWhatPythonAnswers() throws IOException {
        List<String> lines = golden();
        String[] head = lines.get(0).substring("# libtorch ".length()).split(", ");
        assumeTrue(
                NativeLibrary.info().libtorchVersion().startsWith(head[0]),
                "the file was made with libtorch " + head[0]);
        boolean sameProcessor = Torch.cpuCapability().toUpperCase(Locale.ROOT).equals(head[1]);
        long before = LiveHandles.settled();
        Set<String> names = new TreeSet<>();
        List<String> failures = new ArrayList<>();
        int exact = 0;
        for (String line : lines.subList(1, lines.size())) {
            String[] parts = line.split("\t");
            String name = parts[1].isEmpty() ? parts[0] : parts[0] + "." + parts[1];
            try (var _ = TensorScope.open()) {
                List<Object> answers = call(Operators.find(parts[0], parts[1]), parts[2]);
                String text = answers.stream().map(OperatorGoldenTest::write).collect(Collectors.joining("|"));
                if (text.equals(parts[3])) {
                    exact++;
                } else if (sameProcessor && !dependsOnAlignment(name) || !isNear(parts[3], text, tolerance(name))) {
                    failures.add(name + "(" + parts[2] + ")\n    answers  " + text + "\n    expected " + parts[3]);
                }
                names.add(name);
            } catch (RuntimeException e) {
                failures.add(name + "(" + parts[2] + "): " + e);
            }
            generators.forEach(Generator::close);
            generators.clear();
            assertEquals(before, Torch.liveHandles(), () -> "handles are left after " + name);
        }
        System.out.println(names.size() + " operators called by name, " + exact + " with the bits of Python");
        assertTrue(failures.isEmpty(), () -> failures.size() + " differ:\n" + String.join("\n", failures));
        assertTrue(names.size() >= OPERATORS, names.size() + " operators are too few");
    }

    /** MKL's least squares were seen to differ in the last bits between two runs on one machine. */
    private static boolean dependsOnAlignment(String name) {
        return name.startsWith("aten::linalg_lstsq");
    }

    /** The root of what matrix products leave of a distance of 0 is as large as the root of their rounding. */
    private static double tolerance(String name) {
        return name.matches("aten::(_euclidean_dist|cdist).*") ? Math.sqrt(OTHER_PROCESSOR) : OTHER_PROCESSOR;
    }

    private static List<String> golden() {
        try (var in = OperatorGoldenTest.class.getResourceAsStream("/operators/golden.txt.gz");
                var reader =
                        new BufferedReader(new InputStreamReader(new GZIPInputStream(in), StandardCharsets.UTF_8))) {
            return reader.lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---------------------------------------------------------------------- arguments

    /** Positional up to the first that has its default, by name from there. */
    private List<Object> call(Operator operator, String row) {
        String[] texts = row.isEmpty() ? new String[0] : row.split("\\|");
        int positional = Arrays.asList(texts).indexOf("*");
        Object[] front = new Object[positional < 0 ? texts.length : positional];
        for (int i = 0; i < front.length; i++) {
            front[i] = parse(texts[i]);
        }
        Operator.WithNames named = null;
        for (int i = front.length; i < texts.length; i++) {
            if (!texts[i].equals("*")) {
                String name = operator.arguments().get(i).name();
                named = named == null ? operator.with(name, parse(texts[i])) : named.with(name, parse(texts[i]));
            }
        }
        return named == null ? operator.call(front) : named.call(front);
    }

    private Object parse(String text) {
        String rest = text.substring(1);
        String[] items = rest.isEmpty() ? new String[0] : rest.split(",");
        return switch (text.charAt(0)) {
            case '-' -> null;
            case 't' -> tensor(rest);
            case 'V' ->
                Arrays.stream(rest.split(";")).map(this::parse).collect(Collectors.toCollection(ArrayList::new));
            case 'i' -> Long.valueOf(rest);
            case 'f' -> Double.valueOf(rest);
            case 'b' -> rest.equals("1");
            case 's' -> rest;
            case 'd' -> DType.valueOf(rest.toUpperCase(Locale.ROOT));
            case 'g' -> {
                generators.add(Generator.cpu(Long.parseLong(rest)));
                yield generators.get(generators.size() - 1);
            }
            case 'I' -> Arrays.stream(items).mapToLong(Long::parseLong).toArray();
            case 'F' -> Arrays.stream(items).mapToDouble(Double::parseDouble).toArray();
            case 'B' -> Arrays.stream(items).map(item -> item.equals("1")).toList();
            default -> throw new IllegalArgumentException(text);
        };
    }

    private static Tensor tensor(String text) {
        String[] parts = text.split(":");
        long[] shape = shape(parts[1]);
        double[] values = new double[(int) Arrays.stream(shape).reduce(1, (x, y) -> x * y)];
        int seed = Integer.parseInt(parts[2].substring(1));
        for (int i = 0; i < values.length; i++) {
            values[i] = number(parts[2].charAt(0), i, seed, shape);
        }
        return Torch.fromArray(values, shape).to(DType.valueOf(parts[0].toUpperCase(Locale.ROOT)));
    }

    private static long[] shape(String text) {
        return text.isEmpty()
                ? new long[0]
                : Arrays.stream(text.split(",")).mapToLong(Long::parseLong).toArray();
    }

    /** As in make_operators.py. */
    private static double number(char recipe, int i, int seed, long[] shape) {
        double uniform = ((i * 37 + seed * 11) % 101 + 1) / 103.0;
        return switch (recipe) {
            case 'p' -> uniform;
            case 's' -> 2 * uniform - 1;
            case 'k' -> (i * 7 + seed) % 3;
            case 'm' -> {
                long n = shape[shape.length - 1];
                long row = i / n % n;
                long column = i % n;
                yield (row == column ? n : 0) + (row + column + seed) % 5 / 10.0;
            }
            default -> throw new IllegalArgumentException("recipe " + recipe);
        };
    }

    // ------------------------------------------------------------------------ results

    private static String write(Object value) {
        return switch (value) {
            case null -> "-";
            case Boolean truth -> truth ? "b1" : "b0";
            case Long number -> "i" + number;
            case Double number -> "f" + HexFormat.of().toHexDigits(Double.doubleToRawLongBits(number));
            case List<?> list ->
                list.stream().map(OperatorGoldenTest::write).collect(Collectors.joining(";", "[", "]"));
            case Tensor tensor -> {
                String shape =
                        Arrays.stream(tensor.shape()).mapToObj(Long::toString).collect(Collectors.joining(","));
                yield "t" + tensor.dtype() + ":" + shape + ":" + HexFormat.of().formatHex(bytes(tensor));
            }
            default -> value.toString();
        };
    }

    private static byte[] bytes(Tensor tensor) {
        Tensor plain = tensor.detach();
        for (String view : List.of("aten::resolve_conj", "aten::resolve_neg", "aten::contiguous")) {
            plain = Operators.find(view).callTensor(plain);
        }
        byte[] bytes = new byte[(int) (plain.numel() * plain.dtype().byteSize())];
        plain.copyTo(MemorySegment.ofArray(bytes));
        return bytes;
    }

    /** Whether two rows of results differ in nothing but a little in their floats. */
    private static boolean isNear(String expected, String answered, double tolerance) {
        String[] wanted = expected.split("[|;\\[\\]]");
        String[] got = answered.split("[|;\\[\\]]");
        if (wanted.length != got.length) {
            return false;
        }
        for (int i = 0; i < wanted.length; i++) {
            String[] want = wanted[i].split(":");
            String[] have = got[i].split(":");
            boolean isSame = wanted[i].equals(got[i]);
            boolean isComparable = want.length == 3
                    && have.length == 3
                    && want[0].equals(have[0])
                    && want[1].equals(have[1])
                    && want[0].matches("t(float|complex).*");
            if (!isSame && !(isComparable && isNear(want[0].substring(1), want[2], have[2], tolerance))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isNear(String dtype, String expected, String answered, double tolerance) {
        boolean isDouble = dtype.equals("float64");
        MemorySegment want = MemorySegment.ofArray(HexFormat.of().parseHex(expected));
        MemorySegment have = MemorySegment.ofArray(HexFormat.of().parseHex(answered));
        int size = isDouble ? 8 : 4;
        for (long at = 0; at < want.byteSize(); at += size) {
            double x = isDouble ? want.get(JAVA_DOUBLE_UNALIGNED, at) : want.get(JAVA_FLOAT_UNALIGNED, at);
            double y = isDouble ? have.get(JAVA_DOUBLE_UNALIGNED, at) : have.get(JAVA_FLOAT_UNALIGNED, at);
            boolean isSame = Double.compare(x, y) == 0 || x == y;
            if (!isSame && !(Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(x)))) {
                return false;
            }
        }
        return true;
    }
}
