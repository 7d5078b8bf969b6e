package dev.gradus.cli.output;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;

/** Sets up Log4j. Only commands that log call it, for it takes a quarter of a second. */
public final class Logging {
    private Logging() {}

    /** Messages go to standard error: from INFO on, or from DEBUG on where {@code verbose}. */
    public static void start(boolean verbose) {
        Configurator.setRootLevel(verbose ? Level.DEBUG : Level.INFO);
    }
}
