package dev.gradus.diffusion.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.torch.NativeLibrary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Runs the same training step in Python and in Java by turns, each time in a process of its own, and prints the milliseconds
 * a step takes, their ratio, and both losses. Ends with status 3 when Java takes more than 1.05 of Python's time.
 *
 * <p>Arguments: {@code --config fashion|cifar10 --precision fp32|bf16|both --batch N --threads N --warmup N --steps N --rounds N
 * --retain-memory true|false}. Python is the one that the environment variable GRADUS_PYTHON names, else python3; it needs
 * the PyTorch of the same version as the libtorch in use.
 */
public final class CompareWithPython {
    private static final double ALLOWED = 1.05;
    private static final Path SCRIPT = Path.of("src", "test", "python", "bench_train.py");

    private final Map<String, String> options = new LinkedHashMap<>(Map.of(
            "config", "fashion",
            "precision", "both",
            "batch", "64",
            "threads", String.valueOf(Runtime.getRuntime().availableProcessors()),
            "warmup", "3",
            "steps", "7",
            "rounds", "3",
            "retain-memory", "true"));
    private final String python = System.getenv().getOrDefault("GRADUS_PYTHON", "python3");

    private CompareWithPython() {}

    /** See the class. */
    public static void main(String[] args) throws IOException, InterruptedException {
        try {
            System.exit(new CompareWithPython().run(args) ? 0 : 3);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }

    private boolean run(String[] args) throws IOException, InterruptedException {
        String[] words = Arrays.stream(args)
                .flatMap(arg -> Arrays.stream(arg.strip().split("\\s+")))
                .filter(word -> !word.isEmpty())
                .toArray(String[]::new);
        for (int i = 0; i < words.length; i += 2) {
            String name = words[i].replaceFirst("^--", "");
            if (!options.containsKey(name) || i + 1 == words.length) {
                throw new IllegalArgumentException("'" + words[i] + "' is no option with a value; there are --"
                        + String.join(", --", options.keySet()));
            }
            options.put(name, words[i + 1]);
        }
        requirePython();
        boolean good = true;
        List<String> precisions =
                options.get("precision").equals("both") ? List.of("fp32", "bf16") : List.of(options.get("precision"));
        for (String precision : precisions) {
            good &= compare(precision);
        }
        return good;
    }

    /** Two libtorches of different versions would compare their kernels, not their callers. */
    private void requirePython() throws InterruptedException {
        String wanted = NativeLibrary.info().libtorchVersion();
        String found;
        try {
            found = output(List.of(python, "-c", "import torch; print(torch.__version__.split('+')[0])"));
        } catch (IOException e) {
            found = "none (" + e.getMessage().lines().reduce((_, last) -> last).orElse("") + ")";
        }
        if (!found.equals(wanted)) {
            throw new IllegalArgumentException("The comparison needs a Python with torch " + wanted + ", but that of '"
                    + python + "' is " + found + ". Set GRADUS_PYTHON to one, or: pip install torch==" + wanted);
        }
    }

    private boolean compare(String precision) throws IOException, InterruptedException {
        int rounds = Integer.parseInt(options.get("rounds"));
        List<Double> pythonTimes = new ArrayList<>();
        List<Double> javaTimes = new ArrayList<>();
        double pythonLeast = Double.MAX_VALUE;
        double javaLeast = Double.MAX_VALUE;
        double pythonLoss = Double.NaN;
        double javaLoss = Double.NaN;
        for (int round = 1; round <= rounds; round++) {
            JsonNode fromPython = json(output(pythonCommand(precision)));
            JsonNode fromJava = json(output(javaCommand(precision)));
            pythonTimes.add(fromPython.get("ms_per_step").doubleValue());
            javaTimes.add(fromJava.get("ms_per_step").doubleValue());
            pythonLeast = Math.min(pythonLeast, fromPython.get("min_ms").doubleValue());
            javaLeast = Math.min(javaLeast, fromJava.get("min_ms").doubleValue());
            pythonLoss = fromPython.get("loss").doubleValue();
            javaLoss = fromJava.get("loss").doubleValue();
            System.out.printf(
                    Locale.ROOT,
                    "%s round %d of %d: Python %.1f ms, Java %.1f ms a step%n",
                    precision,
                    round,
                    rounds,
                    pythonTimes.getLast(),
                    javaTimes.getLast());
        }
        double ratio = median(javaTimes) / median(pythonTimes);
        boolean good = ratio <= ALLOWED;
        System.out.printf(
                Locale.ROOT,
                "%s %s, batch %s, %s threads: Python %.1f ms, Java %.1f ms a step (medians); Java / Python = %.3f,"
                        + " allowed %.2f: %s%n",
                options.get("config"),
                precision,
                options.get("batch"),
                options.get("threads"),
                median(pythonTimes),
                median(javaTimes),
                ratio,
                ALLOWED,
                good ? "kept" : "MISSED");
        System.out.printf(
                Locale.ROOT,
                "fastest step: Python %.1f ms, Java %.1f ms; Java / Python = %.3f%n",
                pythonLeast,
                javaLeast,
                javaLeast / pythonLeast);
        System.out.printf(
                Locale.ROOT,
                "loss after the last step: Python %.9g, Java %.9g, relative difference %.1e%n%n",
                pythonLoss,
                javaLoss,
                Math.abs(javaLoss - pythonLoss) / Math.abs(pythonLoss));
        return good;
    }

    private List<String> pythonCommand(String precision) {
        List<String> command = new ArrayList<>(List.of(python, SCRIPT.toString(), "--precision", precision));
        for (String name : List.of("config", "batch", "threads", "warmup", "steps")) {
            command.add("--" + name);
            command.add(options.get(name));
        }
        return command;
    }

    private List<String> javaCommand(String precision) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                TrainStep.class.getName(),
                options.get("config"),
                precision));
        for (String name : List.of("batch", "threads", "warmup", "steps", "retain-memory")) {
            command.add(options.get(name));
        }
        return command;
    }

    private static JsonNode json(String output) throws IOException {
        return new ObjectMapper().readTree(output.substring(output.lastIndexOf('\n') + 1));
    }

    private static String output(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.waitFor() != 0) {
            throw new IOException(command.getFirst() + " failed: " + output);
        }
        return output;
    }

    private static double median(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
