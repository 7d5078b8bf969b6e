package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.torch.Torch;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchTest {
    private static final BenchVariant JAVA = BenchVariant.ofJava(false).getFirst();
    private static final BenchVariant PYTHON =
            BenchVariant.ofPython(false, true).getFirst();
    private static final BenchVariant COMPILED =
            BenchVariant.ofPython(false, true).getLast();

    @TempDir
    private Path folder;

    private static JsonNode line(double loss, double... ms) throws Exception {
        return JsonMapper.builder()
                .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                .build()
                .readTree("{\"ms\": %s, \"first_step_s\": 1.5, \"loss\": %s, \"peak_mib\": 500}"
                        .formatted(Arrays.toString(ms), loss));
    }

    @Test
    void theBestOfJavaIsHeldAgainstTheBestOfPython() throws Exception {
        BenchComparison comparison = new BenchComparison(new BenchTrainCommand(), "fashion", 64, 2, "2 threads");
        comparison.add(JAVA, line(0.5, 90, 110, 100));
        comparison.add(PYTHON, line(0.5003, 200, 210));
        comparison.add(PYTHON, line(0.5003, 190, 200, 200));
        comparison.fail(COMPILED, "no C++ compiler");
        JsonNode json = comparison.toJson();
        assertEquals(0.5, json.get("ratio").doubleValue());
        assertEquals(100, json.get("javaMs").doubleValue());
        assertEquals("{\"bf16\":200.0}", json.get("pythonMs").toString());
        assertTrue(json.get("outcomesAgree").booleanValue());
        StringWriter out = new StringWriter();
        comparison.print(new PrintWriter(out));
        assertTrue(
                out.toString().contains("Java / best Python: 0.500 of the time, 1.00 of the memory"), out.toString());
        assertTrue(out.toString().contains("cannot run: no C++ compiler"), out.toString());
        assertTrue(out.toString().contains("the same but for rounding"), out.toString());
    }

    @Test
    void onAGpuBothKindsOfPythonAndWhatTheGpuCouldDoAreShown() throws Exception {
        BenchComparison comparison = new BenchComparison(new BenchTrainCommand(), "cifar10", 128, 2, "a GPU");
        BenchVariant java = BenchVariant.ofJava(true).getFirst();
        List<BenchVariant> python = BenchVariant.ofPython(true, true);
        assertEquals("bf16-channels-last-fused-graph", java.name());
        assertEquals(
                List.of(
                        "bf16-channels-last-compiled",
                        "bf16-channels-last-compiled-reduce-overhead",
                        "bf16-channels-last-compiled-max-autotune"),
                python.stream()
                        .filter(BenchVariant::compiled)
                        .map(BenchVariant::name)
                        .toList());
        ObjectNode mine = (ObjectNode) line(0.5, 10);
        comparison.add(java, mine.put("busy", 0.98).put("matrix_flops", 700e12));
        ObjectNode eager = (ObjectNode) line(0.5, 40);
        comparison.add(python.getFirst(), eager.put("step_flops", 3.5e12));
        comparison.add(python.getLast(), line(0.7, 12.5));
        JsonNode json = comparison.toJson();
        assertEquals(0.8, json.get("ratio").doubleValue());
        assertEquals(0.98, json.get("gpuBusy").doubleValue());
        assertEquals(0.5, json.get("matrixShare").doubleValue(), 1e-12);
        StringWriter out = new StringWriter();
        comparison.print(new PrintWriter(out));
        for (String part : List.of(
                "cifar10, batch 128, a GPU, libtorch",
                "the GPU is busy 98.0 % of the time; 50.0 % of the 700 TFLOP/s of a large bfloat16 product",
                "Java / best Python, eager: 0.250 of the time",
                "Java / best Python, compiled: 0.800 of the time")) {
            assertTrue(out.toString().contains(part), out.toString());
        }
    }

    @Test
    void aGpuThatIsNotThereIsAMistake() throws Exception {
        assumeFalse(Torch.cudaIsAvailable(), "there is one");
        JavaProcess bench = JavaProcess.start(folder, List.of(), Map.of(), "bench", "train", "--device", "cuda");
        assertEquals(ExitCode.USAGE, bench.exitCode());
        assertTrue(bench.err().contains("--device: is cuda, but "), bench.err());
    }

    @Test
    void otherDevicesAndModesAreMistakes() throws Exception {
        assertTrue(Cli.run("bench", "check", "--device", "tpu")
                .fails(ExitCode.USAGE)
                .contains("--device: must be cpu or cuda, is tpu"));
        assertTrue(Cli.run("bench", "train", "--compile-modes", "quick")
                .fails(ExitCode.USAGE)
                .contains("--compile-modes: must be of [default, reduce-overhead, max-autotune], is [quick]"));
    }

    @Test
    void otherLossesAreNoComparison() throws Exception {
        for (double other : new double[] {0.51, Double.NaN}) {
            BenchComparison comparison = new BenchComparison(new BenchTrainCommand(), "fashion", 64, 2, "2 threads");
            comparison.add(JAVA, line(0.5, 100));
            comparison.add(PYTHON, line(other, 200));
            assertFalse(comparison.outcomesAgree());
            StringWriter out = new StringWriter();
            comparison.print(new PrintWriter(out));
            assertTrue(out.toString().contains("THEY DIFFER"), out + " " + other);
        }
    }

    /** Both kinds of process run, and draw the same numbers. */
    @Test
    void aStepIsTimedInAProcessOfItsOwn() throws Exception {
        Path json = folder.resolve("bench.json");
        JavaProcess bench = JavaProcess.start(
                folder,
                List.of(),
                Map.of(),
                "bench",
                "train",
                "--batch",
                1,
                "--threads",
                1,
                "--rounds",
                1,
                "--steps",
                1,
                "--json",
                json);
        assertEquals(ExitCode.DONE, bench.exitCode(), bench.err());
        JsonNode written = new ObjectMapper().readTree(json.toFile());
        assertTrue(written.get("javaMs").doubleValue() > 0, written.toString());
        assertTrue(written.get("ratio").isNull() && written.get("pythonMs").isEmpty(), written.toString());
        JsonNode variants = written.get("variants");
        double bf16 = variants.get("Java bf16-channels-last-fused").get("loss").doubleValue();
        double fp32 = variants.get("Java fp32-channels-last-fused").get("loss").doubleValue();
        assertEquals(fp32, bf16, 0.05 * fp32);
        assertTrue(Files.readString(folder.resolve("stdout.txt")).contains("fashion, batch 1, 1 threads"));
    }

    @Test
    void drawingIsTimedLikeTraining() throws Exception {
        Path json = folder.resolve("bench.json");
        JavaProcess bench = JavaProcess.start(
                folder,
                List.of(),
                Map.of(),
                "bench",
                "sample",
                "--batch",
                2,
                "--sampling-steps",
                3,
                "--threads",
                1,
                "--rounds",
                1,
                "--steps",
                2,
                "--json",
                json);
        assertEquals(ExitCode.DONE, bench.exitCode(), bench.err());
        JsonNode written = new ObjectMapper().readTree(json.toFile());
        assertEquals("sample", written.get("task").textValue());
        JsonNode variant = written.get("variants").get("Java fp32-channels-last-fused");
        assertEquals(2, variant.get("ms").size(), written.toString());
        assertTrue(variant.get("magnitude").doubleValue() > 0.1, written.toString());
        assertTrue(Files.readString(folder.resolve("stdout.txt")).contains("ms a batch"));
    }

    @Test
    void stepsBeyondTheScheduleAreRefused() {
        String error = Cli.run("bench", "sample", "--sampling-steps", "1001").fails(ExitCode.USAGE);
        assertTrue(error.contains("--sampling-steps: must be from 1 to 1000, is 1001"), error);
    }

    @Test
    void aSweepIsATableAChartAndNumbers() throws Exception {
        Path chart = folder.resolve("chart.png");
        Path json = folder.resolve("sweep.json");
        JavaProcess bench = JavaProcess.start(
                folder,
                List.of(),
                Map.of(),
                "bench",
                "sweep",
                "--over",
                "batch",
                "--values",
                "1,2",
                "--precision",
                "fp32",
                "--threads",
                1,
                "--rounds",
                1,
                "--steps",
                1,
                "--width",
                8,
                "--out",
                chart,
                "--json",
                json);
        assertEquals(ExitCode.DONE, bench.exitCode(), bench.err());
        JsonNode times =
                new ObjectMapper().readTree(json.toFile()).get("msPerImage").get("Java");
        assertEquals(2, times.size());
        assertTrue(times.get(0).doubleValue() > 0, times.toString());
        assertEquals("PNG", new String(Files.readAllBytes(chart), 1, 3, StandardCharsets.US_ASCII));
        String table = Files.readString(folder.resolve("stdout.txt"));
        assertTrue(table.lines().anyMatch(line -> line.matches("2 +\\d+\\.\\d{3} *")), table);
    }

    @Test
    void whatCannotBeMeasuredIsRefused() {
        for (List<String> wrong : List.of(
                List.of("train", "--precision", "fp64", "--precision: must be fp32 or bf16, is fp64"),
                List.of("train", "--resolution", "30", "--resolution and --width make no network: "),
                List.of("sweep", "--over", "depth", "--over: must be batch, resolution or width, is depth"))) {
            List<String> words = new ArrayList<>(List.of("bench"));
            words.addAll(wrong.subList(0, 3));
            if (wrong.getFirst().equals("sweep")) {
                words.addAll(List.of("--out", folder.resolve("x.png").toString()));
            }
            String error = Cli.run(words.toArray()).fails(ExitCode.USAGE);
            assertTrue(error.contains(wrong.getLast()), error);
        }
    }

    @Test
    void anotherPythonIsNoPeer() throws Exception {
        JavaProcess bench = JavaProcess.start(
                folder, List.of(), Map.of("GRADUS_PYTHON", "/nowhere/python3"), "bench", "train", "--against-python");
        assertEquals(ExitCode.USAGE, bench.exitCode());
        assertTrue(bench.err().contains("--against-python: needs a Python with torch "), bench.err());
        assertTrue(bench.err().contains("set GRADUS_PYTHON to one, or: pip install torch=="), bench.err());
    }
}
