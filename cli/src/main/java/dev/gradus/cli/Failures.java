package dev.gradus.cli;

import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.FileErrors;
import dev.gradus.diffusion.Nearest;
import dev.gradus.diffusion.data.DataException;
import dev.gradus.diffusion.train.RunFolderException;
import dev.gradus.diffusion.train.TrainingException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns exceptions into one line for the user and an exit code. */
final class Failures {
    private Failures() {}

    /** Reports a command line that cannot be read. */
    static int reportUsage(ParameterException e) {
        CommandLine command = e.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        print(command.getErr(), name + ": " + usageMessage(e, command) + " (see " + name + " --help)");
        return ExitCode.USAGE;
    }

    /** Reports what a command threw, with its stack trace where {@code verbose}. */
    static int report(Throwable thrown, CommandLine command, boolean verbose) {
        Throwable e = essence(thrown);
        print(command.getErr(), command.getCommandSpec().qualifiedName() + ": " + describe(thrown));
        if (verbose) {
            thrown.printStackTrace(command.getErr());
        }
        command.getErr().flush();
        return e instanceof UsageException || e instanceof ConfigException ? ExitCode.USAGE : ExitCode.FAILED;
    }

    /** What is wrong, in one line. */
    static String describe(Throwable e) {
        return oneLine(message(essence(e)));
    }

    private static String usageMessage(ParameterException e, CommandLine command) {
        // What is unknown comes before what is missing, for it may be the missing one, misspelt.
        List<String> unmatched =
                e instanceof UnmatchedArgumentException u ? u.getUnmatched() : command.getUnmatchedArguments();
        if (!unmatched.isEmpty()) {
            String word = unmatched.getFirst();
            boolean option = word.startsWith("-");
            String name = option && word.contains("=") ? word.substring(0, word.indexOf('=')) : word;
            String kind = option ? "unknown option" : command.getParent() == null ? "unknown command" : "unexpected";
            return kind + " '" + name + "'" + Nearest.hint(name, option ? options(command) : commands(command));
        }
        if (e instanceof MissingParameterException missing) {
            ArgSpec first = missing.getMissing().getFirst();
            String name = first instanceof OptionSpec option ? option.longestName() : first.paramLabel();
            boolean valueMissing = oneLine(e.getMessage()).startsWith("Missing required parameter for");
            return valueMissing ? name + " needs a value, " + first.paramLabel() : "missing " + name;
        }
        String message = oneLine(e.getMessage())
                .replaceFirst("^Invalid value for option '(--[a-z-]+)'( \\(.*?\\))?: ", "$1: ")
                .replaceFirst("('.*') is not an? (int|long)$", "must be a whole number, is $1")
                .replaceFirst("('.*') is not an? (double|float)$", "must be a number, is $1")
                .replaceFirst(
                        "expected one of \\[(.*)] \\(case-insensitive\\) but was ('.*')$", "must be one of $1, is $2");
        return message.isEmpty() ? message : message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1);
    }

    private static List<String> options(CommandLine command) {
        List<String> names = new ArrayList<>();
        command.getCommandSpec().options().forEach(option -> names.addAll(List.of(option.names())));
        return names;
    }

    private static List<String> commands(CommandLine command) {
        return List.copyOf(command.getSubcommands().keySet());
    }

    /** The exception that says what happened, out of those that only wrap it. */
    private static Throwable essence(Throwable e) {
        boolean wrapper = e instanceof UncheckedIOException
                || e instanceof ExceptionInInitializerError
                || e instanceof CommandLine.ExecutionException;
        return wrapper && e.getCause() != null ? essence(e.getCause()) : e;
    }

    private static String message(Throwable e) {
        return switch (e) {
            case UsageException _, ConfigException _, DataException _, RunFolderException _, TrainingException _ ->
                e.getMessage();
            case FileSystemException file -> fileMessage(file);
            case IOException io -> ioMessage(io);
            case OutOfMemoryError _ ->
                "out of memory (" + e.getMessage() + "); try a smaller batchSize or model, or close other programs";
            case LinkageError _ -> "the native library cannot be used: " + text(e) + "; run 'gradus doctor'";
            default -> isTorch(e) ? torchMessage(e) : internalMessage(e);
        };
    }

    private static String fileMessage(FileSystemException e) {
        return switch (e) {
            case NoSuchFileException _ -> "there is no file or folder " + e.getFile();
            case AccessDeniedException _ -> "no permission to use " + e.getFile();
            case NotDirectoryException _ -> e.getFile() + " is not a folder";
            case FileAlreadyExistsException _ -> e.getFile() + " is there already, and is a file, not a folder";
            default ->
                FileErrors.isFullDisk(e.getReason())
                        ? fullDisk(e.getFile())
                        : e.getFile() + ": "
                                + (e.getReason() == null ? e.getClass().getSimpleName() : e.getReason());
        };
    }

    private static String ioMessage(IOException e) {
        return FileErrors.isFullDisk(e.getMessage()) ? fullDisk(null) : text(e);
    }

    private static String fullDisk(String file) {
        return "the disk is full" + (file == null ? "" : ": cannot write " + file)
                + "; free some space, or choose a folder on another disk";
    }

    private static boolean isTorch(Throwable e) {
        return e.getClass().getPackageName().startsWith("dev.gradus.torch");
    }

    /** libtorch's messages go on with a stack trace of C++ after the first line. */
    private static String torchMessage(Throwable e) {
        String first = text(e).lines().findFirst().orElse("");
        boolean memory = e.getClass().getSimpleName().contains("OutOfMemory");
        return (memory && !first.startsWith("out of memory") ? "out of memory: " : "")
                + first
                + (memory ? "; try a smaller batchSize or model" : "");
    }

    private static String internalMessage(Throwable e) {
        return "internal error: " + e.getClass().getSimpleName() + ": " + text(e)
                + "; run it again with --verbose and report what it prints";
    }

    private static String text(Throwable e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static String oneLine(String message) {
        return String.valueOf(message)
                .strip()
                .replaceAll("\\s*\\R\\s*", " ")
                // Where Jackson has withheld what it was reading, the rest says nothing either.
                .replaceAll("( \\(start marker)? at \\[Source: REDACTED[^]]*]\\)?", "");
    }

    private static void print(PrintWriter err, String line) {
        err.println(line);
        err.flush();
    }
}
