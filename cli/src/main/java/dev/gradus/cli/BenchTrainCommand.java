package dev.gradus.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.cli.output.Logging;
import dev.gradus.diffusion.bench.TrainingBenchmark;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.logging.log4j.LogManager;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Times a training step, also against Python. */
@Command(
        name = "train",
        description = {
            "Time a training step: draw, noise, forward, backward, clip, AdamW, average of the weights.",
            "",
            "With --against-python the same step is timed in Python by turns with this one, each in a process of its"
                + " own: the reference network in plain PyTorch, eager in each precision and layout, and compiled."
                + " Both draw the same random numbers, and their losses are compared. Nothing else should run on the"
                + " machine.",
            ""
        })
final class BenchTrainCommand implements Callable<Integer> {
    private static final Map<String, UNet2DConfig> NETWORKS =
            Map.of("fashion", UNet2DConfig.fashion(), "cifar10", UNet2DConfig.cifar10());

    @Option(
            names = "--config",
            paramLabel = "fashion|cifar10",
            defaultValue = "fashion",
            description = "The network: 1.5 or 35.7 million parameters (default: fashion).")
    private String config;

    @Option(names = "--batch", paramLabel = "N", description = "Images of a step (default: 64; 16 for cifar10).")
    private Integer batch;

    @Option(names = "--threads", paramLabel = "N", description = "Threads of libtorch (default: the number of cores).")
    private Integer threads;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "How often each process is started (default: 3).")
    private int rounds;

    @Option(
            names = "--steps",
            paramLabel = "N",
            description = "Steps that are timed in each round (default: 10; 3 for cifar10).")
    private Integer steps;

    @Option(names = "--against-python", description = "Time Python too: $GRADUS_PYTHON, else python3.")
    private boolean againstPython;

    @Option(
            names = "--no-compile",
            description = "Leave out torch.compile, whose first step takes a minute and needs a C++ compiler.")
    private boolean noCompile;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the numbers into a file.")
    private Path json;

    @Option(names = "--one", paramLabel = "VARIANT", hidden = true)
    private String one;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        require(NETWORKS.containsKey(config), "--config: must be fashion or cifar10, is " + config);
        require(batch == null || batch > 0, "--batch: must be at least 1, is " + batch);
        require(threads == null || threads > 0, "--threads: must be at least 1, is " + threads);
        require(steps == null || steps > 0, "--steps: must be at least 1, is " + steps);
        require(rounds > 0, "--rounds: must be at least 1, is " + rounds);
        boolean small = config.equals("fashion");
        batch = batch != null ? batch : small ? 64 : 16;
        steps = steps != null ? steps : small ? 10 : 3;
        threads = threads != null ? threads : Runtime.getRuntime().availableProcessors();
        if (one != null) {
            spec.commandLine().getOut().println(measure(BenchVariant.ofJava(one)));
            return ExitCode.DONE;
        }
        if (json != null) {
            Arguments.requireWritable("--json", json);
        }
        Logging.start(false);
        BenchComparison comparison = compare();
        comparison.print(spec.commandLine().getOut());
        if (json != null) {
            Files.writeString(json, comparison.toJson().toPrettyString() + "\n");
        }
        return comparison.lossesAgree() ? ExitCode.DONE : ExitCode.FAILED;
    }

    private static void require(boolean good, String message) {
        if (!good) {
            throw new UsageException(message);
        }
    }

    private BenchComparison compare() throws IOException {
        List<BenchVariant> variants = new ArrayList<>(BenchVariant.ofJava());
        try (BenchProcesses processes = BenchProcesses.open(config, batch, threads, steps)) {
            if (againstPython) {
                processes.requirePython();
                variants.addAll(BenchVariant.ofPython(!noCompile));
            }
            BenchComparison comparison = new BenchComparison(config, batch, threads);
            for (int round = 1; round <= rounds; round++) {
                for (BenchVariant variant : variants) {
                    if (!comparison.failed(variant)) {
                        run(comparison, processes, variant);
                        LogManager.getLogger(BenchTrainCommand.class)
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

    /** In a process of its own. */
    private ObjectNode measure(BenchVariant variant) throws IOException {
        Torch.setNumThreads(threads);
        TrainingBenchmark.Result result = TrainingBenchmark.run(new TrainingBenchmark.Options(
                NETWORKS.get(config), variant.bf16(), variant.fused(), batch, BenchProcesses.WARMUP, steps));
        ObjectNode line = new ObjectMapper().createObjectNode();
        line.put("first_step_s", result.firstMilliseconds() / 1e3);
        for (double milliseconds : result.milliseconds()) {
            line.withArray("ms").add(Math.round(milliseconds * 100) / 100.0);
        }
        line.put("loss", result.loss());
        line.put("peak_mib", peakMib());
        return line;
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
