package dev.gradus.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists the presets, or shows one. */
@Command(name = "presets", description = "List the presets of 'gradus train', or show one.")
final class PresetsCommand implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "NAME", description = "The preset to show, as YAML.")
    private String name;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (name != null) {
            out.print(Presets.text(name));
        } else {
            for (String preset : Presets.NAMES) {
                out.println(preset);
                Presets.description(preset).forEach(line -> out.println("    " + line));
            }
        }
        out.flush();
        return ExitCode.DONE;
    }
}
