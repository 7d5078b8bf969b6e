package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;

/** Runs the command in this JVM and keeps what it printed. */
record Cli(int exitCode, String out, String err) {
    static Cli run(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] words = new String[args.length];
        for (int i = 0; i < args.length; i++) {
            words[i] = args[i].toString();
        }
        PrintStream standardError = System.err;
        int exitCode;
        try {
            exitCode = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), words);
        } finally {
            System.setErr(standardError);
        }
        return new Cli(exitCode, out.toString(), err.toString());
    }

    /** Expects the exit code, nothing on standard output, and one line on standard error, which is returned. */
    String fails(int expectedExitCode) {
        assertEquals(expectedExitCode, exitCode, err);
        assertEquals("", out);
        assertEquals(1, err.lines().count(), err);
        assertFalse(err.contains("\tat "), err);
        return err.strip();
    }

    /** Expects success and returns standard output. */
    String succeeds() {
        assertEquals(ExitCode.DONE, exitCode, err);
        return out;
    }
}
