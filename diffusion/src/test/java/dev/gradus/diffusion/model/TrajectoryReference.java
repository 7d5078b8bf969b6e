package dev.gradus.diffusion.model;

import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Python's training trajectories to compare with, and whether they must have the same bits.
 *
 * <p>Bits depend on the kernels that libtorch selects for the processor. So, in this order:
 *
 * <ol>
 *   <li>The system property {@code gradus.python} names an interpreter with the same PyTorch: it makes the reference on this
 *       machine, and bits must be equal.
 *   <li>One of the variants in {@code goldens/trajectory.json} comes from the kernels that this process uses, as the results
 *       of single operators show: bits must be equal.
 *   <li>None does, although the goldens were made on the same kind of processor: a failure.
 *   <li>{@code python3} has the same PyTorch: as in the first case.
 *   <li>Otherwise the comparison is by tolerance.
 * </ol>
 */
record TrajectoryReference(JsonNode document, JsonNode variant, boolean sameBits, String reason) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> SETTINGS =
            List.of("ATEN_CPU_CAPABILITY", "MKL_ENABLE_INSTRUCTIONS", "ONEDNN_MAX_CPU_ISA");

    UNet2DConfig config() {
        return UNet2DConfig.fromJson(document.get("config"));
    }

    int steps() {
        return document.get("steps").intValue();
    }

    int batch() {
        return document.get("batch").intValue();
    }

    /** The run in the given precision. */
    JsonNode run(String precision) {
        for (JsonNode run : variant.get("runs")) {
            if (run.get("precision").textValue().equals(precision)) {
                return run;
            }
        }
        throw new IllegalStateException("no trajectory in " + precision);
    }

    static TrajectoryReference find() throws Exception {
        String python = System.getProperty("gradus.python");
        if (python != null) {
            return fromPython(python).orElseGet(() -> fail(python + " has no PyTorch " + Torch.version()));
        }
        JsonNode document = JSON.readTree(Goldens.path("trajectory.json").toFile());
        Map<String, String> probes = KernelProbes.run();
        List<String> differing = List.of();
        for (JsonNode variant : document.get("variants")) {
            if (!sameVersion(variant)) {
                continue;
            }
            differing = differing(probes, variant);
            if (differing.isEmpty()) {
                return new TrajectoryReference(
                        document, variant, true, "bits must equal those recorded for " + describe(variant));
            }
            if (sameProcessor(variant)) {
                fail("on the kind of machine that made the goldens, single operators give other results: " + differing);
            }
        }
        Optional<TrajectoryReference> made = fromPython("python3");
        if (made.isPresent()) {
            return made.get();
        }
        JsonNode first = document.get("variants").get(0);
        String why = sameVersion(first)
                ? "the kernels of this machine are none of those recorded (" + differing + ")"
                : "the goldens are of PyTorch " + first.get("torch").textValue() + ", this is " + Torch.version();
        return new TrajectoryReference(
                document,
                first,
                false,
                "compared by tolerance, because " + why + "; -Dgradus.python=... compares bits");
    }

    private static List<String> differing(Map<String, String> probes, JsonNode variant) {
        List<String> names = new ArrayList<>();
        probes.forEach((name, digest) -> {
            if (!digest.equals(variant.get("probes").path(name).textValue())) {
                names.add(name);
            }
        });
        return names;
    }

    private static boolean sameVersion(JsonNode variant) {
        return variant.get("torch").textValue().equals(plain(Torch.version()));
    }

    private static String plain(String version) {
        return version.split("\\+")[0];
    }

    private static String describe(JsonNode variant) {
        return variant.get("capability").textValue() + " " + variant.get("environment");
    }

    private static boolean sameProcessor(JsonNode variant) throws IOException {
        Map<String, String> environment = new TreeMap<>();
        for (String name : SETTINGS) {
            if (System.getenv(name) != null) {
                environment.put(name, System.getenv(name));
            }
        }
        if (!JSON.valueToTree(environment).equals(variant.get("environment"))) {
            return false;
        }
        String vendor = "";
        List<String> flags = List.of();
        for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
            String value = line.substring(line.indexOf(':') + 1).strip();
            if (line.startsWith("vendor_id")) {
                vendor = value;
            } else if (line.startsWith("flags")) {
                flags = List.of(value.split(" ")).stream()
                        .filter(f -> f.equals("fma") || f.startsWith("avx") || f.startsWith("amx"))
                        .sorted()
                        .toList();
            }
        }
        JsonNode recorded = variant.get("processor");
        return vendor.equals(recorded.get("vendor").textValue())
                && JSON.valueToTree(flags).equals(recorded.get("flags"));
    }

    /** Lets Python make the trajectories on this machine; empty where it has not the same PyTorch. */
    private static Optional<TrajectoryReference> fromPython(String python) throws Exception {
        String check = "import torch, numpy, safetensors; print(torch.__version__.split('+')[0])";
        if (!run(List.of(python, "-c", check)).strip().equals(plain(Torch.version()))) {
            return Optional.empty();
        }
        Path out = Files.createTempFile("trajectory", ".json");
        try {
            Path script = Path.of("src", "test", "python", "make_goldens.py");
            String log = run(List.of(python, script.toString(), "--trajectories", out.toString()));
            if (Files.size(out) == 0) {
                fail(python + " could not make the trajectories: " + log);
            }
            JsonNode document = JSON.readTree(out.toFile());
            String reason = "bits must equal those that " + python + " has just made here";
            return Optional.of(
                    new TrajectoryReference(document, document.get("variants").get(0), true, reason));
        } finally {
            Files.delete(out);
        }
    }

    /** The output of a command; empty where it cannot be started or takes over a minute. */
    private static String run(List<String> command) throws Exception {
        Path log = Files.createTempFile("python", ".log");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return "";
            }
            return Files.readString(log);
        } catch (IOException e) {
            return "";
        } finally {
            Files.delete(log);
        }
    }
}
