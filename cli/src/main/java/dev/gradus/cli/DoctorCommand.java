package dev.gradus.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Says what was found on this machine and what is wrong with it. */
@Command(
        name = "doctor",
        description = "Check this installation: every line is ok, a warning or a problem, with what to do about it.")
final class DoctorCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @ParentCommand
    private Main main;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        List<Finding> findings = new Diagnosis(main.verbose()).findings();
        for (Finding finding : findings) {
            out.printf(
                    "%-8s %-10s %s%s%n",
                    finding.status().name().toLowerCase(Locale.ROOT),
                    finding.subject(),
                    finding.detail(),
                    finding.advice().isEmpty() ? "" : " -> " + finding.advice());
        }
        out.flush();
        boolean problem = findings.stream().anyMatch(f -> f.status() == Finding.Status.PROBLEM);
        return problem ? ExitCode.FAILED : ExitCode.DONE;
    }
}
