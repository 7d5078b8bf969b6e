package dev.gradus.diffusion.data;

import java.io.IOException;
import java.nio.file.Path;

/** A place that a data set can be fetched from. */
interface DataSource {
    /** The place, for messages. */
    String name();

    /**
     * Puts the files of the data set into {@code folder}; may leave others there. What an earlier call left there, which failed or
     * was stopped, need not be fetched again.
     *
     * @throws IOException if it cannot; the message is one line
     */
    void fetch(Path folder, FetchProgress progress) throws IOException, InterruptedException;
}
