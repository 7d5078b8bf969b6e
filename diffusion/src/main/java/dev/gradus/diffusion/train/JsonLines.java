package dev.gradus.diffusion.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.FileErrors;
import dev.gradus.diffusion.curriculum.TimestepRange;
import dev.gradus.diffusion.internal.AtomicFiles;
import java.io.Closeable;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** A file of JSON objects, one per line and each of a step. */
final class JsonLines implements Closeable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final Writer writer;

    private JsonLines(Path file, Writer writer) {
        this.file = file;
        this.writer = writer;
    }

    /**
     * Opens the file to go on after {@code step} steps. Lines of later steps, which will be run again, are dropped; those of
     * step 0 too where there is nothing to go on from.
     */
    static JsonLines open(Path file, long step) throws IOException {
        if (Files.exists(file)) {
            List<String> kept = new ArrayList<>();
            for (String line : Files.readAllLines(file)) {
                if (isUpTo(line, step)) {
                    kept.add(line);
                }
            }
            AtomicFiles.file(file, temporary -> Files.write(temporary, kept));
        }
        return new JsonLines(file, Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    }

    /** A line cut short by a crash is of no step. */
    private static boolean isUpTo(String line, long step) {
        try {
            return step > 0 && JSON.readTree(line).path("step").asLong(Long.MAX_VALUE) <= step;
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    /** Adds a report; its components are the keys. The loss is null if all steps since the last report were left out. */
    void write(StepReport report) throws IOException {
        ObjectNode line = JSON.valueToTree(report);
        if (Double.isNaN(report.loss())) {
            line.putNull("loss");
        }
        write(line);
    }

    /** Adds the begin of a stage. */
    void write(StageChange change) throws IOException {
        ObjectNode line = JSON.createObjectNode();
        line.put("step", change.step());
        line.put("stage", change.stage());
        line.put("stages", change.stages());
        addRanges(line.putArray("active"), change.active().ranges());
        addRanges(line.putArray("clusters"), change.clusters());
        write(line);
    }

    private static void addRanges(ArrayNode array, List<TimestepRange> ranges) {
        for (TimestepRange range : ranges) {
            array.addArray().add(range.from()).add(range.to());
        }
    }

    /** Adds a line and hands it to the operating system. */
    private void write(ObjectNode line) throws IOException {
        try {
            writer.write(line + "\n");
            writer.flush();
        } catch (IOException e) {
            throw new RunFolderException(file + " cannot be written: " + FileErrors.reason(e), e);
        }
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
