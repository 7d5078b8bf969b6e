package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.ffi.GradusTorch;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The operator table, src/main/operators, and what its generator made of it. */
class OperatorTableTest {

    private record Row(String type, String method, String schema) {

        /** Without the form in place, which is no operator of its own here. */
        String operator() {
            return schema.substring(0, schema.indexOf('(')).split("\\.")[0].replaceAll("_$", "");
        }
    }

    private static List<Row> rows() throws IOException {
        return Files.readAllLines(Path.of("src", "test", "resources", "operators", "operators.tsv")).stream()
                .map(line -> line.split("\t"))
                .map(cells -> new Row(cells[0], cells[1], cells[2]))
                .toList();
    }

    @Test
    void theGeneratedFilesAreThoseThatTheTableMakes() throws IOException, InterruptedException {
        Process check = new ProcessBuilder("python3", "-B", "src/main/operators/generate.py", "--check")
                .redirectErrorStream(true)
                .start();
        String output = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(
                0,
                check.waitFor(),
                output + "run python3 bindings/src/main/operators/generate.py and commit its files");
    }

    @Test
    void everyOperatorHasTheSchemaThatLibtorchRegisters() throws IOException {
        NativeLibrary.require();
        try (Arena arena = Arena.ofConfined()) {
            List<String> differences = rows().stream()
                    .map(Row::schema)
                    .filter(schema -> !schema.equals(registered(schema, arena)))
                    .map(schema -> schema + " in the table, " + registered(schema, arena) + " in libtorch")
                    .toList();
            assertEquals(List.of(), differences);
        }
    }

    private static String registered(String schema, Arena arena) {
        String[] name = schema.substring(0, schema.indexOf('(')).split("\\.");
        long operator = GradusTorch.gt_operator_find(
                arena.allocateFrom(name[0]), arena.allocateFrom(name.length > 1 ? name[1] : ""));
        return operator == 0 ? "none" : Strings.of(GradusTorch.gt_operator_schema(operator));
    }

    @Test
    void theTypedApiHas500OperatorsInTheseFamilies() throws IOException, ClassNotFoundException {
        Map<String, Set<String>> families = new TreeMap<>();
        for (Row row : rows()) {
            boolean isThere = Stream.of(typeOf(row).getDeclaredMethods())
                    .anyMatch(method -> Modifier.isPublic(method.getModifiers())
                            && method.getName().equals(row.method()));
            assertTrue(isThere, () -> row.type() + " has no method " + row.method());
            families.computeIfAbsent(row.type(), type -> new TreeSet<>()).add(row.operator());
        }
        assertEquals(
                Set.of(
                        "ComparisonOps",
                        "Fft",
                        "InPlaceOps",
                        "IndexOps",
                        "LayoutOps",
                        "Linalg",
                        "MatrixOps",
                        "NeuralFunctions",
                        "PointwiseOps",
                        "ReductionOps",
                        "ShapeOps",
                        "SortOps",
                        "Special",
                        "TorchFactories",
                        "TorchFunctions"),
                families.keySet());
        long operators =
                families.values().stream().flatMap(Set::stream).distinct().count();
        assertTrue(operators >= 500, operators + " operators");
    }

    private static Class<?> typeOf(Row row) throws ClassNotFoundException {
        return Class.forName("dev.gradus.torch." + row.type());
    }
}
