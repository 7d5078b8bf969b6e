package dev.gradus.cli;

import dev.gradus.cli.output.Logging;
import dev.gradus.diffusion.bench.SelfCheck;
import dev.gradus.torch.Device;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Checks what a device computes. */
@Command(
        name = "check",
        description = {
            "Check what this machine computes: kernels against float64, captured steps against single ones, a training"
                    + " that was stopped against one that was not. Takes a minute.",
            ""
        })
final class BenchCheckCommand implements Callable<Integer> {
    @Option(
            names = "--device",
            paramLabel = "cpu|cuda",
            defaultValue = "cpu",
            description = "Where: the CPU, or the first GPU (default: cpu).")
    private String device;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Device where = BenchOptions.device(device);
        Logging.start(false);
        Path folder = Files.createTempDirectory("gradus-check-");
        AtomicInteger failures = new AtomicInteger();
        PrintWriter out = spec.commandLine().getOut();
        try {
            SelfCheck.run(where, folder, outcome -> {
                failures.addAndGet(outcome.good() ? 0 : 1);
                out.printf("%-6s %-42s %s%n", outcome.good() ? "ok" : "WRONG", outcome.what(), outcome.detail());
                out.flush();
            });
        } finally {
            delete(folder);
        }
        return failures.get() == 0 ? ExitCode.DONE : ExitCode.FAILED;
    }

    private static void delete(Path folder) throws IOException {
        List<Path> all;
        try (Stream<Path> files = Files.walk(folder)) {
            all = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : all) {
            Files.delete(file);
        }
    }
}
