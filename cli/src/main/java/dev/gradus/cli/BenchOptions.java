package dev.gradus.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.cli.output.Logging;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.torch.Cuda;
import dev.gradus.torch.Device;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.logging.log4j.LogManager;
import picocli.CommandLine.Option;

/** The options that all comparisons with Python share, and how one is carried out. */
final class BenchOptions {
    /** How often the work is done before it is timed, after the first time. */
    static final int WARMUP = 3;

    private static final Map<String, UNet2DConfig> NETWORKS =
            Map.of("fashion", UNet2DConfig.fashion(), "cifar10", UNet2DConfig.cifar10());

    @Option(
            names = "--config",
            paramLabel = "fashion|cifar10",
            defaultValue = "fashion",
            description = "The network: 1.5 or 35.7 million parameters (default: fashion).")
    private String config;

    @Option(names = "--resolution", paramLabel = "N", description = "Pixels of a side (default: 28; 32 for cifar10).")
    private Integer resolution;

    @Option(
            names = "--width",
            paramLabel = "N",
            description = "Channels of the first block, the others in proportion (default: 32; 128 for cifar10).")
    private Integer width;

    @Option(names = "--batch", paramLabel = "N", description = "Images at once (default: 64; 16 for cifar10).")
    private Integer batch;

    @Option(
            names = "--device",
            paramLabel = "cpu|cuda",
            defaultValue = "cpu",
            description = "Where: the CPU, or the first GPU (default: cpu).")
    private String device;

    @Option(names = "--threads", paramLabel = "N", description = "Threads of libtorch (default: the number of cores).")
    private Integer threads;

    @Option(
            names = "--precision",
            paramLabel = "fp32|bf16",
            description =
                    "Time only this one (default: both; bf16 is slow where the processor has no instructions for it).")
    private String precision;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "How often each process is started (default: 3).")
    private int rounds;

    @Option(
            names = "--steps",
            paramLabel = "N",
            description =
                    "How often the work is timed in each round (default: 10; 3 for cifar10). Of training on a GPU, each"
                            + " time is that of ten steps that are waited for together.")
    private Integer steps;

    @Option(names = "--against-python", description = "Time Python too: $GRADUS_PYTHON, else python3.")
    private boolean againstPython;

    @Option(
            names = "--no-compile",
            description = "Leave out torch.compile, whose first step takes a minute and needs a C++ compiler.")
    private boolean noCompile;

    @Option(
            names = "--compile-modes",
            paramLabel = "MODE",
            split = ",",
            defaultValue = "default,reduce-overhead,max-autotune",
            description =
                    "Modes of torch.compile on a GPU (default: ${DEFAULT-VALUE}). The last takes minutes to begin.")
    private List<String> compileModes;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the numbers into a file.")
    private Path json;

    @Option(names = "--one", paramLabel = "VARIANT", hidden = true)
    private String one;

    /** The network that is chosen. */
    UNet2DConfig network() {
        UNet2DConfig base = NETWORKS.get(config);
        int first = base.blockOutChannels().getFirst();
        return base.with(draft -> {
            draft.sampleSize = resolution == null ? base.sampleSize() : resolution;
            draft.blockOutChannels = base.blockOutChannels().stream()
                    .map(channels -> channels * (width == null ? first : width) / first)
                    .toList();
        });
    }

    /** Where the work is done. */
    Device device() {
        return device(device);
    }

    /** The device of an option {@code --device}. */
    static Device device(String name) {
        require(name.equals("cpu") || name.equals("cuda"), "--device: must be cpu or cuda, is " + name);
        if (name.equals("cpu")) {
            return Device.cpu();
        }
        require(
                Torch.cudaIsAvailable(),
                "--device: is cuda, but "
                        + (Torch.hasCuda() ? "no CUDA device was found" : "this libtorch was built without CUDA"));
        return Device.cuda(0);
    }

    /** The variants that are asked for, of both sides or of Java alone. */
    List<BenchVariant> variants(boolean python) {
        boolean cuda = device().isCuda();
        List<BenchVariant> variants = new ArrayList<>(BenchVariant.ofJava(cuda));
        if (python) {
            BenchVariant.ofPython(cuda, !noCompile).stream()
                    .filter(variant -> !variant.compiled() || !cuda || compileModes.contains(variant.compile()))
                    .forEach(variants::add);
        }
        variants.removeIf(variant -> precision != null && variant.bf16() != precision.equals("bf16"));
        return variants;
    }

    int batch() {
        return batch;
    }

    int steps() {
        return steps;
    }

    /** Carries out what the options say; the exit code. */
    int run(BenchTask task, PrintWriter out) throws IOException {
        check();
        if (one != null) {
            Torch.setNumThreads(threads);
            ObjectNode line = task.measure(BenchVariant.ofJava(device().isCuda(), one));
            out.println(line.has("peak_mib") ? line : line.put("peak_mib", peakMib()));
            return ExitCode.DONE;
        }
        Logging.start(false);
        BenchComparison comparison = compare(task);
        comparison.print(out);
        write(comparison::toJson);
        return comparison.outcomesAgree() ? ExitCode.DONE : ExitCode.FAILED;
    }

    /** Writes the numbers, where a file is named for them. */
    void write(Supplier<ObjectNode> numbers) throws IOException {
        if (json != null) {
            Files.writeString(json, numbers.get().toPrettyString() + "\n");
        }
    }

    /** Whether Python is to be timed, too. */
    boolean againstPython() {
        return againstPython;
    }

    /** Fills in what was not said, and refuses what cannot be. */
    void check() {
        device();
        List<String> modes = BenchVariant.ofPython(true, true).stream()
                .filter(BenchVariant::compiled)
                .map(BenchVariant::compile)
                .toList();
        require(modes.containsAll(compileModes), "--compile-modes: must be of " + modes + ", is " + compileModes);
        require(NETWORKS.containsKey(config), "--config: must be fashion or cifar10, is " + config);
        require(batch == null || batch > 0, "--batch: must be at least 1, is " + batch);
        require(
                precision == null || precision.equals("fp32") || precision.equals("bf16"),
                "--precision: must be fp32 or bf16, is " + precision);
        require(threads == null || threads > 0, "--threads: must be at least 1, is " + threads);
        require(steps == null || steps > 0, "--steps: must be at least 1, is " + steps);
        if (json != null) {
            Arguments.requireWritable("--json", json);
        }
        require(rounds > 0, "--rounds: must be at least 1, is " + rounds);
        try {
            network();
        } catch (ConfigException e) {
            throw new UsageException("--resolution and --width make no network: " + e.getMessage(), e);
        }
        boolean small = config.equals("fashion");
        batch = batch != null ? batch : small ? 64 : 16;
        steps = steps != null ? steps : small || device().isCuda() ? 10 : 3;
        threads = threads != null ? threads : Runtime.getRuntime().availableProcessors();
    }

    /** What is measured, for the head of the table. */
    private String place() {
        return device().isCuda() ? Cuda.deviceName(0) : threads + " threads";
    }

    static void require(boolean good, String message) {
        if (!good) {
            throw new UsageException(message);
        }
    }

    private BenchComparison compare(BenchTask task) throws IOException {
        if (againstPython) {
            BenchProcesses.requirePython();
        }
        return compare(task, variants(againstPython), Map.of());
    }

    /**
     * Times variants by turns.
     *
     * @param changes options that both sides understand, with values other than those given
     */
    BenchComparison compare(BenchTask task, List<BenchVariant> variants, Map<String, Integer> changes)
            throws IOException {
        Map<String, Object> options = new LinkedHashMap<>();
        options.put("--config", config);
        options.put("--device", device);
        options.put("--batch", batch);
        options.put("--threads", threads);
        options.put("--steps", steps);
        options.put("--resolution", resolution);
        options.put("--width", width);
        options.putAll(changes);
        List<String> arguments = new ArrayList<>(task.options());
        options.forEach((name, value) -> {
            if (value != null) {
                arguments.addAll(List.of(name, value.toString()));
            }
        });
        try (BenchProcesses processes = BenchProcesses.open(task, arguments)) {
            BenchComparison comparison =
                    new BenchComparison(task, config, changes.getOrDefault("--batch", batch), threads, place());
            for (int round = 1; round <= rounds; round++) {
                for (BenchVariant variant : variants) {
                    if (!comparison.failed(variant)) {
                        run(comparison, processes, variant);
                        LogManager.getLogger(BenchOptions.class)
                                .info("round {} of {}: {}", round, rounds, comparison.last(variant));
                    }
                }
            }
            return comparison;
        }
    }

    private static void run(BenchComparison comparison, BenchProcesses processes, BenchVariant variant)
            throws IOException {
        try {
            comparison.add(variant, processes.run(variant));
        } catch (IOException e) {
            if (!variant.compiled()) {
                throw e;
            }
            // It needs what PyTorch itself does not: a compiler, say.
            comparison.fail(
                    variant, e.getMessage().lines().reduce((_, last) -> last).orElse(""));
        }
    }

    /** What a process prints of its measurement. */
    static ObjectNode line(double firstMilliseconds, double[] milliseconds, double outcome) {
        ObjectNode line = new ObjectMapper().createObjectNode();
        line.put("first_step_s", firstMilliseconds / 1e3);
        for (double each : milliseconds) {
            line.withArray("ms").add(Math.round(each * 1000) / 1000.0);
        }
        return line.put("loss", outcome);
    }

    private static long peakMib() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(line -> line.startsWith("VmHWM:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")))
                        .findFirst()
                        .orElse(0)
                >> 10;
    }
}
