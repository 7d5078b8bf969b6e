package dev.gradus.cli;

import dev.gradus.cli.config.Settings;
import dev.gradus.diffusion.config.DataConfig;
import dev.gradus.diffusion.data.Packing;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Packs a data set for training. */
@Command(
        name = "pack",
        description = {
            "Decode all images once and write them, resized, into one file, from which training reads fastest.",
            "",
            "Packing that was stopped goes on from where it was when the command is run again. To train with the file:"
                    + " --set data.format=array --set data.path=FILE",
            ""
        })
final class DataPackCommand implements Callable<Integer> {
    @Mixin
    private DataSetOptions data;

    @Option(names = "--out", paramLabel = "FILE.safetensors", required = true, description = "The file to make.")
    private Path out;

    @Option(
            names = "--size",
            paramLabel = "N",
            required = true,
            description = "Height and width of the images, as the network takes them.")
    private int size;

    @Option(names = "--channels", paramLabel = "1|3", description = "Convert all to grey or to colour.")
    private String channels;

    @Option(
            names = "--resize",
            paramLabel = "box|bilinear|bicubic|lanczos",
            description = "The kernel (default: lanczos).")
    private String resize;

    @Option(
            names = "--broken",
            paramLabel = "fail|skip",
            description = "Whether a broken image ends the work, or is named and left out (default: fail).")
    private String broken;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private DataCommand parent;

    @Override
    public Integer call() throws IOException {
        if (size < 1 || size > 4096) {
            throw new UsageException("--size: must be from 1 to 4096, is " + size);
        }
        if (!out.toString().endsWith(".safetensors")) {
            throw new UsageException("--out: must end in .safetensors, is " + out);
        }
        Arguments.requireWritable("--out", out);
        Settings settings = data.settings()
                .addOption("--channels", "data.channels", channels)
                .addOption("--resize", "data.resize", resize)
                .addOption("--broken", "data.broken", broken);
        DataConfig config = DataSetOptions.resolve(settings);
        int threads = data.threads();
        return DataTask.run(parent.main(), spec.commandLine().getOut(), progress -> {
            long start = System.nanoTime();
            Packing.Result result = Packing.pack(config, size, out.toAbsolutePath(), threads, progress);
            report(result, (System.nanoTime() - start) * 1e-9);
            return ExitCode.DONE;
        });
    }

    private void report(Packing.Result result, double seconds) {
        PrintWriter out = spec.commandLine().getOut();
        result.broken().forEach(image -> out.printf("left out: %s%n", image));
        long here = result.images() + result.broken().size() - result.resumed();
        out.printf(
                Locale.ROOT,
                "%d images in %s (%.0f images/s)%s%s%n",
                result.images(),
                this.out,
                here / Math.max(1e-9, seconds),
                result.broken().isEmpty() ? "" : ", " + result.broken().size() + " broken ones left out",
                result.resumed() == 0 ? "" : ", " + result.resumed() + " of an earlier call");
        out.flush();
    }
}
