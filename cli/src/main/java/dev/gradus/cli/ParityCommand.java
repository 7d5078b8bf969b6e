package dev.gradus.cli;

import dev.gradus.cli.output.Logging;
import dev.gradus.diffusion.data.DataException;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.model.Parity;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensors;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Writes what a network computes from given inputs. */
@Command(
        name = "parity",
        description = {
            "Run a model once on given inputs, on the CPU, to compare installations and ports.",
            "",
            "The inputs are the tensors sample (B, C, H, W), timestep (B, int64) and, where present, class_labels"
                    + " (B, int64) and target. The output file has the tensor output and, with --gradients, loss (the"
                    + " mean squared error to target), grad_norm, and grad.NAME for every parameter NAME.",
            ""
        })
final class ParityCommand implements Callable<Integer> {
    @Option(
            names = "--model",
            paramLabel = "DIR",
            required = true,
            description = "A folder with config.json and weights.")
    private Path model;

    @Option(names = "--inputs", paramLabel = "FILE", required = true, description = "The inputs, as safetensors.")
    private Path inputs;

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "The file to write, as safetensors.")
    private Path out;

    @Option(names = "--gradients", description = "Compute loss and gradients too.")
    private boolean gradients;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description = "CPU threads (default: ${DEFAULT-VALUE}, so that sums have one order).")
    private int threads;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private Main main;

    @Override
    public Integer call() throws IOException {
        Arguments.requireFolder("--model", model);
        Arguments.requireFile("--inputs", inputs);
        Arguments.requireWritable("--out", out);
        if (threads < 1) {
            throw new UsageException("--threads: must be at least 1, is " + threads);
        }
        Logging.start(main.verbose());
        Torch.setNumThreads(threads);
        try (var _ = TensorScope.open();
                Network network = Network.load(model)) {
            Map<String, Tensor> given = SafeTensors.load(inputs);
            Map<String, Tensor> outputs = run(network, given);
            SafeTensors.save(out, outputs);
        }
        PrintWriter stdout = spec.commandLine().getOut();
        stdout.println(out);
        stdout.flush();
        return ExitCode.DONE;
    }

    private Map<String, Tensor> run(Network network, Map<String, Tensor> given) throws DataException {
        try {
            return Parity.run(network, given, gradients);
        } catch (IllegalArgumentException e) {
            throw new DataException("--inputs: " + inputs + ": " + e.getMessage(), e);
        }
    }
}
