package dev.gradus.cli;

import dev.gradus.diffusion.report.RunReport;
import dev.gradus.diffusion.train.RunFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes the page of a run. */
@Command(
        name = "report",
        description = {
            "Write a page that shows a run: report.html in its folder.",
            "",
            "Losses, curriculum, speed, memory, pictures, settings and the machine, in one file that needs no network."
                    + " Training writes it at its end; this writes it anew, also while a training is under way.",
            ""
        })
final class ReportCommand implements Callable<Integer> {
    @Parameters(paramLabel = "RUN", description = "The folder of a training run.")
    private Path run;

    @Option(names = "--out", paramLabel = "FILE", description = "Where to write it (default: RUN/report.html).")
    private Path out;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        RunFolder folder = Arguments.runFolder("RUN", run);
        Path target = out != null ? out : folder.reportFile();
        Arguments.requireWritable("--out", target);
        RunReport.write(folder.files(), target);
        PrintWriter stdout = spec.commandLine().getOut();
        stdout.println(target);
        stdout.flush();
        return ExitCode.DONE;
    }
}
