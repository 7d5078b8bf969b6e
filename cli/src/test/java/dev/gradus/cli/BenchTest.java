package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchTest {
    private static final BenchVariant JAVA = BenchVariant.ofJava().getFirst();
    private static final BenchVariant PYTHON = BenchVariant.ofPython(true).getFirst();
    private static final BenchVariant COMPILED = BenchVariant.ofPython(true).getLast();

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
        BenchComparison comparison = new BenchComparison(new BenchTrainCommand(), "fashion", 64, 2);
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
    void otherLossesAreNoComparison() throws Exception {
        for (double other : new double[] {0.51, Double.NaN}) {
            BenchComparison comparison = new BenchComparison(new BenchTrainCommand(), "fashion", 64, 2);
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
    void anotherPythonIsNoPeer() throws Exception {
        JavaProcess bench = JavaProcess.start(
                folder, List.of(), Map.of("GRADUS_PYTHON", "/nowhere/python3"), "bench", "train", "--against-python");
        assertEquals(ExitCode.USAGE, bench.exitCode());
        assertTrue(bench.err().contains("--against-python: needs a Python with torch "), bench.err());
        assertTrue(bench.err().contains("set GRADUS_PYTHON to one, or: pip install torch=="), bench.err());
    }
}
