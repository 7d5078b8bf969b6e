package dev.gradus.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Work that is timed here and in Python. */
interface BenchTask {
    /** The name of the command, as in {@code gradus bench NAME}. */
    String command();

    /** The script that does the same in Python: one of those that {@code TrainingBenchmark.writeScripts} writes. */
    String script();

    /** What is timed each time, in the singular. */
    String unit();

    /** What comes out and must be the same on all sides. */
    String outcome();

    /** Options that both sides understand, beside those of {@link BenchOptions}. */
    List<String> options();

    /**
     * Does the work in this process.
     *
     * @return {@code first_step_s}, seconds of the first time; {@code ms}, milliseconds of each that is timed; {@code loss}, what
     *     came out
     */
    ObjectNode measure(BenchVariant variant);
}
