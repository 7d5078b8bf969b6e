package dev.gradus.cli;

/** What the process answers to the shell. */
public final class ExitCode {
    /** Done. */
    public static final int DONE = 0;

    /** The work could not be done. */
    public static final int FAILED = 1;

    /** Wrong usage or configuration; nothing was begun. */
    public static final int USAGE = 2;

    /** Ended by Ctrl-C, after saving what there was. */
    public static final int INTERRUPTED = 130;

    private ExitCode() {}
}
