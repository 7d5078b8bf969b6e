package dev.gradus.diffusion.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import dev.gradus.diffusion.data.files.FileTree;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the files {@code metadata.jsonl} and {@code metadata.csv} that say what images show. */
final class MetadataFiles {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final CsvMapper CSV = new CsvMapper();

    private MetadataFiles() {}

    /**
     * What all of them say, by {@link Annotations#key}.
     *
     * @param files the keys of the files that there are
     * @throws DataException if a line is damaged, or names no file or one outside of the root
     */
    static Map<String, Annotations.Note> read(FileTree tree, Set<String> files) throws DataException {
        Map<String, Annotations.Note> notes = new HashMap<>();
        for (FileTree.Entry entry : tree.entries()) {
            String name = entry.path().substring(entry.path().lastIndexOf('/') + 1);
            if (name.equals("metadata.jsonl")) {
                jsonLines(tree, entry, files, notes);
            } else if (name.equals("metadata.csv")) {
                csv(tree, entry, files, notes);
            }
        }
        return notes;
    }

    private static void jsonLines(
            FileTree tree, FileTree.Entry entry, Set<String> files, Map<String, Annotations.Note> into)
            throws DataException {
        int number = 0;
        for (String line : lines(tree, entry)) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            String place = tree.describe(entry) + ", line " + number;
            try {
                put(place, entry, JSON.readTree(line), files, into);
            } catch (DataException e) {
                throw e;
            } catch (IOException e) {
                throw new DataException(place + ": is no JSON: " + Annotations.firstLine(e), e);
            }
        }
    }

    private static List<String> lines(FileTree tree, FileTree.Entry entry) throws DataException {
        try {
            return Annotations.utf8(tree.read(entry)).lines().toList();
        } catch (IOException e) {
            throw new DataException(tree.describe(entry) + ": cannot be read as UTF-8: " + Annotations.firstLine(e), e);
        }
    }

    private static void csv(FileTree tree, FileTree.Entry entry, Set<String> files, Map<String, Annotations.Note> into)
            throws DataException {
        String file = tree.describe(entry);
        String text = String.join("\n", lines(tree, entry));
        try (MappingIterator<JsonNode> rows = CSV.readerFor(JsonNode.class)
                .with(CsvSchema.emptySchema().withHeader())
                .readValues(text)) {
            while (rows.hasNext()) {
                int line = rows.getCurrentLocation().getLineNr();
                put(file + ", line " + line, entry, rows.next(), files, into);
            }
        } catch (DataException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw new DataException(file + ": is no CSV: " + Annotations.firstLine(e), e);
        }
    }

    private static void put(
            String place, FileTree.Entry entry, JsonNode row, Set<String> files, Map<String, Annotations.Note> into)
            throws DataException {
        String name = row.path("file_name").asText("");
        if (name.isEmpty()) {
            throw new DataException(place + ": must have a file_name");
        }
        String folder = entry.path().substring(0, entry.path().lastIndexOf('/') + 1);
        String key = Annotations.key(entry.archive(), folder + FileTree.checked(place, name));
        if (!files.contains(key)) {
            throw new DataException(place + ": there is no file " + folder + name);
        }
        into.put(key, Annotations.Note.of(row));
    }
}
