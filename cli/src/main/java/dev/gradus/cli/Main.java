package dev.gradus.cli;

import java.io.PrintWriter;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** Entry point of the command {@code gradus}. */
@Command(
        name = "gradus",
        description = "Trains diffusion models, easy denoising tasks first, and samples from them.",
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        versionProvider = Version.class,
        usageHelpAutoWidth = true,
        abbreviateSynopsis = true,
        sortOptions = false,
        subcommands = {
            TrainCommand.class,
            LaunchCommand.class,
            SampleCommand.class,
            ExportCommand.class,
            EvaluateCommand.class,
            AnalyzeCommand.class,
            ReportCommand.class,
            ShowCommand.class,
            ServeCommand.class,
            EmaCommand.class,
            ParityCommand.class,
            DoctorCommand.class,
            ExperimentCommand.class,
            PresetsCommand.class,
            DataCommand.class,
            BenchCommand.class,
            SchemaCommand.class,
            AutoComplete.GenerateCompletion.class
        })
public final class Main implements Runnable {
    @Option(
            names = "--verbose",
            scope = ScopeType.INHERIT,
            description = "Print debugging messages, and the stack trace of an error.")
    private boolean verbose;

    @Spec
    private CommandSpec spec;

    private Interrupt interrupt;

    private Main() {}

    /**
     * Runs the command and ends the process with its exit code.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(System.out, true, System.out.charset());
        PrintWriter err = new PrintWriter(System.err, true, System.err.charset());
        System.exit(run(out, err, args));
    }

    /** The command with all that it can do. */
    static CommandLine commandLine() {
        return commandLine(new Main());
    }

    private static CommandLine commandLine(Main main) {
        CommandLine line = new CommandLine(main).setCaseInsensitiveEnumValuesAllowed(true);
        // What follows the command that is launched belongs to it.
        line.getSubcommands().get("launch").setStopAtPositional(true);
        return line;
    }

    /**
     * Runs the command.
     *
     * @return the exit code, one of {@link ExitCode}
     */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        Main main = new Main();
        CommandLine line = commandLine(main).setOut(out).setErr(err);
        line.setParameterExceptionHandler((e, _) -> Failures.reportUsage(e));
        line.setExecutionExceptionHandler((e, command, _) -> Failures.report(e, command, main.verbose));
        try {
            return line.execute(args);
        } catch (Error e) {
            return Failures.report(e, line, main.verbose);
        } finally {
            if (main.interrupt != null) {
                main.interrupt.close();
            }
        }
    }

    /** Whether {@code --verbose} was given. */
    boolean verbose() {
        return verbose;
    }

    /** From now on Ctrl-C calls {@code stop}, and the process ends only when the command has returned and reported. */
    void onInterrupt(Runnable stop) {
        interrupt = Interrupt.during(stop);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }
}
