package dev.gradus.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.bench.TrainingBenchmark;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
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
final class BenchTrainCommand implements Callable<Integer>, BenchTask {
    @Mixin
    private BenchOptions options;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        return options.run(this, spec.commandLine().getOut());
    }

    @Override
    public String command() {
        return "train";
    }

    @Override
    public String script() {
        return "bench_train.py";
    }

    @Override
    public String unit() {
        return "step";
    }

    @Override
    public String outcome() {
        return "loss";
    }

    @Override
    public List<String> options() {
        return List.of();
    }

    @Override
    public ObjectNode measure(BenchVariant variant) {
        TrainingBenchmark.Result result = TrainingBenchmark.run(new TrainingBenchmark.Options(
                options.network(),
                options.device(),
                variant.bf16(),
                variant.fused(),
                variant.graph(),
                options.batch(),
                BenchOptions.WARMUP,
                options.steps()));
        ObjectNode line = BenchOptions.line(result.firstMilliseconds(), result.milliseconds(), result.loss());
        if (options.device().isCuda()) {
            line.put("peak_mib", result.peak() >> 20).put("busy", result.busy());
            if (variant.bf16()) {
                line.put("matrix_flops", TrainingBenchmark.matrixRate(options.device()));
            }
        }
        return line;
    }
}
