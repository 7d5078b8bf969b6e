package dev.gradus.cli.serve;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Draws images from the newest checkpoint of a run. */
@FunctionalInterface
public interface Drawer {
    /** Hears how a drawing gets on. */
    @FunctionalInterface
    interface Progress {
        /** @throws RuntimeException to stop the drawing */
        void at(long done, long total);
    }

    /**
     * Draws.
     *
     * @param run the folder of the run
     * @param wishes what a visitor asks for, by the names of {@link LiveServer#WISHES}
     * @return a PNG
     * @throws IOException if it cannot be drawn; the message is for the visitor
     * @throws RuntimeException likewise
     */
    byte[] draw(Path run, Map<String, String> wishes, Progress progress) throws IOException;
}
