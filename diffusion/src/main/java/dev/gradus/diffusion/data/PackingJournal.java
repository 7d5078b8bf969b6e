package dev.gradus.diffusion.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which pieces of a file that is being packed are on the disk, and which of their images are broken: a line of JSON for each.
 * A line that was not written to its end counts as none.
 */
final class PackingJournal implements AutoCloseable {
    private final Path file;
    private final FileChannel channel;
    private final Set<Long> done = new TreeSet<>();
    private final List<BrokenImage> broken = new ArrayList<>();

    private PackingJournal(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Reads what there is and goes on from it; begins anew if it is of other images, or the file was being finished when the
     * process ended.
     *
     * @param part the file that is being packed
     */
    static PackingJournal open(Path part, String identity) throws IOException {
        Path file = part.resolveSibling(part.getFileName() + ".jsonl");
        List<JsonNode> lines = Files.exists(file) && Files.size(part) > 0 ? read(file) : List.of();
        boolean goOn = !lines.isEmpty()
                && lines.getFirst().path("identity").asText().equals(identity)
                && !lines.getLast().has("finishing");
        PackingJournal journal = new PackingJournal(
                file,
                FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING));
        journal.write(Map.of("identity", identity));
        for (JsonNode line : goOn ? lines.subList(1, lines.size()) : List.<JsonNode>of()) {
            List<BrokenImage> images = new ArrayList<>();
            for (JsonNode image : line.path("broken")) {
                images.add(Json.MAPPER.treeToValue(image, BrokenImage.class));
            }
            journal.add(line.path("piece").asLong(), images);
        }
        return journal;
    }

    private static List<JsonNode> read(Path file) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : new String(Files.readAllBytes(file), StandardCharsets.UTF_8).split("\n")) {
            try {
                lines.add(Json.MAPPER.readTree(line));
            } catch (JsonProcessingException e) {
                break;
            }
        }
        return lines;
    }

    private void write(Object line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((Json.text(line) + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        channel.force(false);
    }

    /** Notes that a piece is on the disk. */
    synchronized void add(long piece, List<BrokenImage> images) throws IOException {
        write(Map.of("piece", piece, "broken", images));
        done.add(piece);
        broken.addAll(images);
    }

    /** Notes that from now on the pieces are moved, so that they cannot be gone on with. */
    synchronized void finishing() throws IOException {
        write(Map.of("finishing", true));
    }

    synchronized boolean isDone(long piece) {
        return done.contains(piece);
    }

    synchronized Set<Long> done() {
        return Set.copyOf(done);
    }

    synchronized List<BrokenImage> broken() {
        return List.copyOf(broken);
    }

    void delete() throws IOException {
        close();
        Files.deleteIfExists(file);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
