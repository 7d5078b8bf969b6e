package dev.gradus.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.bench.SamplingBenchmark;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Times sampling, also against Python. */
@Command(
        name = "sample",
        description = {
            "Time how long a batch of images takes to draw, by DDIM from given noise, with a network that is not"
                    + " trained.",
            "",
            "With --against-python the same is timed in Python by turns with this, each in a process of its own, and"
                    + " what both draw is compared. --batch 1 --sampling-steps 1 is the latency of one call of the"
                    + " network. Nothing else should run on the machine.",
            ""
        })
final class BenchSampleCommand implements Callable<Integer>, BenchTask {
    @Mixin
    private BenchOptions options;

    @Option(
            names = "--sampling-steps",
            paramLabel = "N",
            defaultValue = "50",
            description = "Calls of the network for each image (default: 50).")
    private int samplingSteps;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        BenchOptions.require(
                samplingSteps >= 1 && samplingSteps <= 1000,
                "--sampling-steps: must be from 1 to 1000, is " + samplingSteps);
        return options.run(this, spec.commandLine().getOut());
    }

    @Override
    public String command() {
        return "sample";
    }

    @Override
    public String script() {
        return "bench_sample.py";
    }

    @Override
    public String unit() {
        return "batch";
    }

    @Override
    public String outcome() {
        return "magnitude";
    }

    @Override
    public List<String> options() {
        return List.of("--sampling-steps", String.valueOf(samplingSteps));
    }

    @Override
    public ObjectNode measure(BenchVariant variant) {
        SamplingBenchmark.Result result = SamplingBenchmark.run(new SamplingBenchmark.Options(
                options.network(),
                options.device(),
                variant.bf16(),
                options.batch(),
                samplingSteps,
                BenchOptions.WARMUP,
                options.steps()));
        return BenchOptions.line(result.firstMilliseconds(), result.milliseconds(), result.magnitude());
    }
}
