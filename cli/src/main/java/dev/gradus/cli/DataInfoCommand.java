package dev.gradus.cli;

import dev.gradus.diffusion.config.ConfigNames;
import dev.gradus.diffusion.config.DataConfig;
import dev.gradus.diffusion.data.DataSummary;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Says what a data set holds. */
@Command(
        name = "info",
        description =
                "Decode all images of a data set, and say how many there are, of which sizes and classes, and which are"
                        + " broken.")
final class DataInfoCommand implements Callable<Integer> {
    private static final int MOST = 20;

    @Mixin
    private DataSetOptions data;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private DataCommand parent;

    @Override
    public Integer call() throws IOException {
        DataConfig config = DataSetOptions.resolve(data.settings());
        int threads = data.threads();
        return DataTask.run(parent.main(), spec.commandLine().getOut(), progress -> {
            report(config, DataSummary.of(config, threads, progress));
            return ExitCode.DONE;
        });
    }

    private void report(DataConfig config, DataSummary summary) {
        PrintWriter out = spec.commandLine().getOut();
        long sound = summary.images() - summary.broken().size();
        out.printf("format    %s%n", ConfigNames.of(config.format()));
        out.printf("images    %d%n", summary.images());
        out.printf("colours   %d in colour, %d grey%n", sound - summary.grey(), summary.grey());
        list(out, "sizes", summary.sizes());
        if (summary.classes().isEmpty()) {
            out.printf("classes   none%n");
        } else {
            list(out, "classes", summary.classes());
        }
        out.printf("captions  %d%n", summary.captioned());
        out.printf("broken    %d%n", summary.broken().size());
        summary.broken().forEach(image -> out.printf("  %s%n", image));
        out.flush();
    }

    private static void list(PrintWriter out, String title, Map<String, Long> counts) {
        out.printf("%-10s%d%n", title, counts.size());
        List<Map.Entry<String, Long>> entries = counts.entrySet().stream()
                .sorted(Comparator.comparing((Map.Entry<String, Long> entry) -> -entry.getValue()))
                .toList();
        entries.stream().limit(MOST).forEach(entry -> out.printf("  %8d  %s%n", entry.getValue(), entry.getKey()));
        if (entries.size() > MOST) {
            out.printf("            and %d more%n", entries.size() - MOST);
        }
    }
}
