package dev.gradus.diffusion.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.diffusion.FileErrors;
import dev.gradus.diffusion.data.files.FileTree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Classes and captions of image files. Each is taken from the first place that has it:
 *
 * <ol>
 *   <li>a line of a {@code metadata.jsonl} or {@code metadata.csv}: {@code file_name} names the image, relative to the file;
 *       {@code label} or {@code class} has its class, {@code text} or {@code caption} its caption;
 *   <li>files of the same name beside the image: {@code .cls} has the class, {@code .txt} the caption, {@code .json} an object
 *       with the keys above or {@code cls};
 *   <li>the uppermost folder is the class.
 * </ol>
 *
 * <p>Classes are numbered in the order of their names; if all are whole numbers, those are the labels. Images have classes if
 * all of them have one, and captions if any has.
 */
final class Annotations {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_CLASS = 1_000_000;

    private final int[] labels;
    private final String[] captions;
    private final List<String> classes;
    private final int firstWithoutClass;

    private Annotations(int[] labels, String[] captions, List<String> classes, int firstWithoutClass) {
        this.labels = labels;
        this.captions = captions;
        this.classes = classes;
        this.firstWithoutClass = firstWithoutClass;
    }

    /** What one place says of an image; null for nothing. */
    record Note(String className, String caption) {
        Note or(Note other) {
            return other == null
                    ? this
                    : new Note(
                            className != null ? className : other.className, caption != null ? caption : other.caption);
        }

        /** From the keys of a line of metadata or of an object beside the image. */
        static Note of(JsonNode object) {
            return new Note(first(object, "label", "class", "cls"), first(object, "text", "caption", "txt"));
        }

        private static String first(JsonNode object, String... keys) {
            for (String key : keys) {
                JsonNode value = object.path(key);
                if (value.isValueNode() && !value.isNull() && !value.asText().isBlank()) {
                    return value.asText().strip();
                }
            }
            return null;
        }
    }

    /** @param threads read the files beside the images, of which there may be millions */
    static Annotations read(Path root, FileTree tree, List<FileTree.Entry> images, int threads, FetchProgress progress)
            throws DataException {
        Map<String, FileTree.Entry> files = new HashMap<>();
        tree.entries().forEach(entry -> files.put(key(entry.archive(), entry.path()), entry));
        Map<String, Note> listed = MetadataFiles.read(tree, files.keySet());
        String[] names = new String[images.size()];
        String[] captions = new String[images.size()];
        AtomicLong done = new AtomicLong();
        try {
            Parallel.run(
                    0,
                    names.length,
                    threads,
                    number -> {
                        int i = (int) number;
                        FileTree.Entry image = images.get(i);
                        Note note = beside(tree, files, image).or(new Note(folder(image.path()), null));
                        Note line = listed.get(key(image.archive(), image.path()));
                        note = line == null ? note : line.or(note);
                        names[i] = note.className;
                        captions[i] = note.caption;
                        done.incrementAndGet();
                    },
                    () -> progress.update("Reading classes and captions", done.get(), names.length));
        } catch (DataException e) {
            throw e;
        } catch (IOException e) {
            throw new DataException(root + ": classes and captions cannot be read: " + FileErrors.reason(e), e);
        }
        return of(root, names, captions);
    }

    /** A file of an archive, as a key of a map. */
    static String key(int archive, String path) {
        return archive + ":" + path;
    }

    private static String folder(String path) {
        int slash = path.indexOf('/');
        return slash < 0 ? null : path.substring(0, slash);
    }

    private static Note beside(FileTree tree, Map<String, FileTree.Entry> files, FileTree.Entry image)
            throws DataException {
        FileTree.Entry json = sibling(files, image, ".json");
        Note note = new Note(text(tree, sibling(files, image, ".cls")), text(tree, sibling(files, image, ".txt")));
        if (json == null) {
            return note;
        }
        try {
            return note.or(Note.of(JSON.readTree(tree.read(json))));
        } catch (IOException e) {
            throw new DataException(tree.describe(json) + ": is no JSON: " + firstLine(e), e);
        }
    }

    /** A file beside the image whose name ends otherwise, be it that the image's name has more than one dot. */
    private static FileTree.Entry sibling(Map<String, FileTree.Entry> files, FileTree.Entry image, String suffix) {
        String path = image.path();
        FileTree.Entry found = files.get(key(image.archive(), path.substring(0, path.lastIndexOf('.')) + suffix));
        return found != null ? found : files.get(key(image.archive(), image.withSuffix(suffix)));
    }

    private static String text(FileTree tree, FileTree.Entry file) throws DataException {
        if (file == null) {
            return null;
        }
        try {
            String text = utf8(tree.read(file)).strip();
            return text.isEmpty() ? null : text;
        } catch (IOException e) {
            throw new DataException(tree.describe(file) + ": cannot be read as UTF-8: " + firstLine(e), e);
        }
    }

    static String utf8(byte[] bytes) throws CharacterCodingException {
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(bytes))
                .toString();
    }

    static String firstLine(Exception e) {
        return String.valueOf(e.getMessage())
                .lines()
                .findFirst()
                .orElse(e.getClass().getSimpleName());
    }

    private static Annotations of(Path root, String[] names, String[] captions) throws DataException {
        boolean anyCaption = false;
        TreeSet<String> distinct = new TreeSet<>();
        int without = -1;
        for (int i = 0; i < names.length; i++) {
            anyCaption = anyCaption || captions[i] != null;
            captions[i] = captions[i] == null ? "" : captions[i];
            if (names[i] != null) {
                distinct.add(names[i]);
            } else if (without < 0) {
                without = i;
            }
        }
        String[] used = anyCaption ? captions : null;
        if (without >= 0) {
            return new Annotations(null, used, List.of(), without);
        }
        boolean numbers = distinct.stream().allMatch(name -> name.matches("[0-9]{1,9}"));
        List<String> classes = List.copyOf(distinct);
        Map<String, Integer> byName = new HashMap<>();
        for (int i = 0; i < classes.size(); i++) {
            int label = numbers ? Integer.parseInt(classes.get(i)) : i;
            if (label > MAX_CLASS) {
                throw new DataException(root + ": class " + label + " is above " + MAX_CLASS);
            }
            byName.put(classes.get(i), label);
        }
        int[] labels = new int[names.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = byName.get(names[i]);
        }
        return new Annotations(labels, used, numbers ? List.of() : classes, -1);
    }

    int label(int index) {
        return labels == null ? 0 : labels[index];
    }

    boolean labelled() {
        return labels != null;
    }

    List<String> classes() {
        return classes;
    }

    String caption(int index) {
        return captions == null ? "" : captions[index];
    }

    boolean captioned() {
        return captions != null;
    }

    /** -1 where all have one. */
    int firstWithoutClass() {
        return firstWithoutClass;
    }
}
