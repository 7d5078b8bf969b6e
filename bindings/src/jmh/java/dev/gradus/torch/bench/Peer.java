package dev.gradus.torch.bench;

import java.io.IOException;
import java.util.Optional;

/** A column of the table. */
interface Peer {
    /** How long one iteration of a measurement lasts: short, so that some are spared by what else runs on the machine. */
    int ITERATION_MILLIS = 3;

    /** How many iterations a measurement has. */
    int ITERATIONS = 300;

    /** What the table calls it. */
    String name();

    /**
     * The version of libtorch that it runs on.
     *
     * @throws IOException saying why it cannot run here
     */
    String version() throws IOException, InterruptedException;

    /**
     * Measures a case in a process of its own.
     *
     * @return nothing if the peer has no such thing
     * @throws IOException saying what went wrong
     */
    Optional<Measurement> measure(Case row) throws IOException, InterruptedException;

    /**
     * The fastest iteration.
     *
     * @param nanoseconds per call
     * @param garbage bytes allocated in the Java heap per call; NaN where there is no such heap
     */
    record Measurement(double nanoseconds, double garbage) {}
}
