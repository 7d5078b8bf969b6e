package dev.gradus.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.diffusion.bench.TrainingBenchmark;
import dev.gradus.torch.NativeLibrary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;

/** Starts the processes that are compared. */
final class BenchProcesses implements AutoCloseable {
    private static final String PYTHON = System.getenv().getOrDefault("GRADUS_PYTHON", "python3");

    private final Path folder;
    private final List<Path> scripts;
    private final BenchTask task;
    private final List<String> options;

    private BenchProcesses(Path folder, BenchTask task, List<String> options) throws IOException {
        this.folder = folder;
        this.scripts = TrainingBenchmark.writeScripts(folder);
        this.task = task;
        this.options = options;
    }

    /**
     * Unpacks the scripts.
     *
     * @param options that both sides understand
     */
    static BenchProcesses open(BenchTask task, List<String> options) throws IOException {
        return new BenchProcesses(Files.createTempDirectory("gradus-bench-"), task, options);
    }

    /**
     * Checks that Python has the PyTorch of this libtorch: others would compare their kernels, not their callers.
     *
     * @throws UsageException if it has not
     */
    static void requirePython() {
        String wanted = NativeLibrary.info().libtorchVersion();
        String found;
        try {
            found = output(List.of(PYTHON, "-c", "import torch; print(torch.__version__.split('+')[0])"));
        } catch (IOException e) {
            found = "none (" + e.getMessage().lines().reduce((_, last) -> last).orElse("") + ")";
        }
        if (!found.equals(wanted)) {
            throw new UsageException("--against-python: needs a Python with torch " + wanted + ", but that of '"
                    + PYTHON + "' is " + found + "; set GRADUS_PYTHON to one, or: pip install torch==" + wanted);
        }
    }

    /** Runs all steps of a variant; what its process prints last. */
    JsonNode run(BenchVariant variant) throws IOException {
        List<String> command = new ArrayList<>(variant.java() ? java(variant) : python(variant));
        command.addAll(options);
        String output = output(command);
        return new ObjectMapper().readTree(output.substring(output.lastIndexOf('\n') + 1));
    }

    private List<String> java(BenchVariant variant) {
        return OwnCommand.of(List.of("bench", task.command(), "--one", variant.name()));
    }

    private List<String> python(BenchVariant variant) {
        List<String> command = new ArrayList<>(List.of(
                PYTHON,
                "-B",
                folder.resolve(task.script()).toString(),
                "--precision",
                variant.bf16() ? "bf16" : "fp32",
                "--warmup",
                String.valueOf(BenchOptions.WARMUP)));
        if (variant.channelsLast()) {
            command.add("--channels-last");
        }
        if (variant.compiled()) {
            command.addAll(List.of("--compile", variant.compile()));
        }
        return command;
    }

    private static String output(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (process.waitFor() != 0) {
                throw new IOException(command.getFirst() + " failed: " + output);
            }
            return output;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        } finally {
            process.destroy();
        }
    }

    @Override
    public void close() throws IOException {
        for (Path script : scripts) {
            Files.deleteIfExists(script);
        }
        Files.deleteIfExists(folder);
    }
}
