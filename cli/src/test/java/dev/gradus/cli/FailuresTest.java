package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.data.DataException;
import dev.gradus.diffusion.train.TrainingException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class FailuresTest {
    @Command(name = "gradus")
    private static final class Nothing {}

    private static String reported(Throwable e, boolean verbose, int expectedExitCode) {
        StringWriter err = new StringWriter();
        CommandLine command = new CommandLine(new Nothing()).setErr(new PrintWriter(err));
        assertEquals(expectedExitCode, Failures.report(e, command, verbose));
        return err.toString();
    }

    private static void assertReported(String message, int exitCode, Throwable e) {
        assertEquals("gradus: " + message + System.lineSeparator(), reported(e, false, exitCode));
    }

    @Test
    void wrongConfigurationExitsWith2() {
        assertReported("steps: must be above 0", 2, new ConfigException("steps", "must be above 0"));
        assertReported("no", 2, new UsageException("no"));
    }

    @Test
    void whatFailsOnTheWayExitsWith1() {
        assertReported("x.gz is cut short", 1, new DataException("x.gz is cut short"));
        assertReported("the loss is NaN", 1, new TrainingException("the loss is NaN"));
        assertReported("lost it", 1, new IOException("lost it"));
    }

    @Test
    void filesAreNamedWithWhatIsWrongWithThem() {
        assertReported("there is no file or folder /a", 1, new NoSuchFileException("/a"));
        assertReported("no permission to use /a", 1, new AccessDeniedException("/a"));
        assertReported("/a: Is a directory", 1, new FileSystemException("/a", null, "Is a directory"));
    }

    @Test
    void aFullDiskIsCalledThat() {
        String advice = "; free some space, or choose a folder on another disk";
        assertReported("the disk is full" + advice, 1, new IOException("No space left on device"));
        assertReported(
                "the disk is full: cannot write /a" + advice,
                1,
                new FileSystemException("/a", null, "No space left on device"));
    }

    @Test
    void theReasonInsideAWrapperIsReported() {
        assertReported("inner", 1, new UncheckedIOException(new IOException("inner")));
        assertReported("x: y", 2, new ExceptionInInitializerError(new ConfigException("x", "y")));
    }

    @Test
    void aMessageOfSeveralLinesBecomesOne() {
        assertReported("first second", 1, new IOException("first\n  second\n"));
    }

    @Test
    void aFaultOfTheProgramAsksForAReport() {
        assertReported(
                "internal error: IllegalStateException: odd; run it again with --verbose and report what it prints",
                1,
                new IllegalStateException("odd"));
    }

    @Test
    void theStackTraceIsPrintedOnlyWhenVerbose() {
        assertTrue(reported(new IOException("lost"), true, 1).contains("FailuresTest.theStackTraceIsPrinted"));
    }
}
