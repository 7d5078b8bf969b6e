package dev.gradus.diffusion.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.internal.AtomicFiles;
import java.io.Closeable;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** The file {@code metrics.jsonl}: one JSON object per logged step. */
final class Metrics implements Closeable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final Writer writer;

    private Metrics(Path file, Writer writer) {
        this.file = file;
        this.writer = writer;
    }

    /** Opens the file to go on after {@code step} steps; lines of later steps, which will be run again, are dropped. */
    static Metrics open(Path file, long step) throws IOException {
        if (Files.exists(file)) {
            List<String> kept = new ArrayList<>();
            for (String line : Files.readAllLines(file)) {
                if (isUpTo(line, step)) {
                    kept.add(line);
                }
            }
            AtomicFiles.file(file, temporary -> Files.write(temporary, kept));
        }
        return new Metrics(file, Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    }

    /** A line cut short by a crash is of no step. */
    private static boolean isUpTo(String line, long step) {
        try {
            return JSON.readTree(line).path("step").asLong(Long.MAX_VALUE) <= step;
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    /** Adds a line and hands it to the operating system. */
    void write(StepReport report) throws IOException {
        ObjectNode line = JSON.createObjectNode();
        line.put("step", report.step());
        line.put("images", report.images());
        line.put("loss", report.loss());
        line.put("stage", report.stage());
        line.put("tMin", report.tMin());
        line.put("tMax", report.tMax());
        line.put("lr", report.lr());
        line.put("imagesPerSecond", report.imagesPerSecond());
        try {
            writer.write(line + "\n");
            writer.flush();
        } catch (IOException e) {
            throw new RunFolderException(file + " cannot be written: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
