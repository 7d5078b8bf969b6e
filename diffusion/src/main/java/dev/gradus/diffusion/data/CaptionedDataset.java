package dev.gradus.diffusion.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.FileErrors;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Colour images of a folder, with captions and classes. {@code train-images-idx4-ubyte} has them in the IDX format of the MNIST
 * database as (count, height, width, 3). {@code train-captions.json} has {@code classes}, a list of names, and {@code images},
 * a list of objects with {@code caption} and {@code class}, an index into the names.
 *
 * <p>An image that is a whole number of times larger than the size asked for is scaled down by averaging squares.
 */
public final class CaptionedDataset implements ImageDataset {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String IMAGES = "train-images-idx4-ubyte";
    private static final String CAPTIONS = "train-captions.json";
    private static final int CHANNELS = 3;

    private final IdxFile images;
    private final List<Entry> entries;
    private final List<String> classes;
    private final int size;
    private final int factor;

    /** What is known of an image. */
    record Entry(String caption, int label) {}

    private CaptionedDataset(IdxFile images, List<Entry> entries, List<String> classes, int size) {
        this.images = images;
        this.entries = entries;
        this.classes = classes;
        this.size = size;
        factor = images.shape()[1] / size;
    }

    /**
     * Reads a folder.
     *
     * @param size height and width of the decoded images, a divisor of the images' own
     * @throws DataException if a file is missing or damaged, or the files do not fit each other or the size
     */
    public static CaptionedDataset read(Path folder, int size) throws DataException {
        if (!isComplete(folder)) {
            throw new DataException("data folder " + folder + " must hold " + IMAGES + " and " + CAPTIONS
                    + "; set data.path to the folder that does");
        }
        IdxFile images = IdxFile.read(folder.resolve(IMAGES), 4);
        int[] shape = images.shape();
        if (shape[3] != CHANNELS || shape[1] != shape[2]) {
            throw new DataException(images + ": must hold square images with 3 colours");
        }
        if (size < 1 || shape[1] % size != 0) {
            throw new DataException(images.path() + ": images of " + shape[1] + " x " + shape[1]
                    + " cannot be averaged to the model's " + size + " x " + size
                    + "; set model.sampleSize to a divisor of " + shape[1]);
        }
        Path file = folder.resolve(CAPTIONS);
        JsonNode json = json(file);
        List<String> classes = new ArrayList<>();
        json.path("classes").forEach(name -> classes.add(name.asText()));
        List<Entry> entries = new ArrayList<>();
        for (JsonNode image : json.path("images")) {
            JsonNode label = image.path("class");
            if (!image.path("caption").isTextual()
                    || !label.isInt()
                    || label.intValue() < 0
                    || label.intValue() >= classes.size()) {
                throw new DataException(file + ": image " + entries.size() + " must have a caption and a class below "
                        + classes.size() + ", is " + image);
            }
            entries.add(new Entry(image.path("caption").textValue(), label.intValue()));
        }
        if (entries.size() != shape[0]) {
            throw new DataException(
                    file + ": has " + entries.size() + " images, but " + images.path() + " has " + shape[0]);
        }
        return new CaptionedDataset(images, List.copyOf(entries), List.copyOf(classes), size);
    }

    /** The images as they are stored. */
    static RawImages raw(Path folder) throws DataException {
        CaptionedDataset whole = read(folder, 1);
        PackedColumns columns = new PackedColumns(whole.entries.size());
        for (Entry entry : whole.entries) {
            columns.add(entry.label, entry.caption);
        }
        Map<String, ArrayFile.Array> arrays = new HashMap<>(columns.arrays());
        arrays.put(ArrayImages.IMAGES, IdxDataset.array(whole.images));
        return ArrayImages.of(whole.images.path(), arrays, whole.classes);
    }

    private static JsonNode json(Path file) throws DataException {
        try {
            return JSON.readTree(file.toFile());
        } catch (JsonProcessingException e) {
            throw new DataException(file + ": not valid JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new DataException(file + ": cannot be read: " + FileErrors.reason(e), e);
        }
    }

    static boolean isComplete(Path folder) {
        return Files.isRegularFile(folder.resolve(IMAGES)) && Files.isRegularFile(folder.resolve(CAPTIONS));
    }

    /** Writes a folder. */
    static void write(Path folder, byte[] pixels, int size, List<String> classes, List<Entry> entries)
            throws IOException {
        try (OutputStream out = Files.newOutputStream(folder.resolve(IMAGES))) {
            ByteBuffer header = ByteBuffer.allocate(20);
            header.putInt(0x0804)
                    .putInt(entries.size())
                    .putInt(size)
                    .putInt(size)
                    .putInt(CHANNELS);
            out.write(header.array());
            out.write(pixels);
        }
        ObjectNode json = JSON.createObjectNode();
        ArrayNode names = json.putArray("classes");
        classes.forEach(names::add);
        ArrayNode images = json.putArray("images");
        entries.forEach(
                entry -> images.addObject().put("caption", entry.caption).put("class", entry.label));
        Files.write(
                folder.resolve(CAPTIONS), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json));
    }

    @Override
    public long size() {
        return entries.size();
    }

    @Override
    public int channels() {
        return CHANNELS;
    }

    @Override
    public int height() {
        return size;
    }

    @Override
    public int width() {
        return size;
    }

    @Override
    public void decode(long index, MemorySegment target) {
        int stored = images.shape()[1];
        long source = index * stored * stored * CHANNELS;
        float scale = 1 / (127.5f * factor * factor);
        for (int channel = 0; channel < CHANNELS; channel++) {
            for (int y = 0; y < size; y++) {
                for (int x = 0; x < size; x++) {
                    int sum = 0;
                    for (int row = y * factor; row < (y + 1) * factor; row++) {
                        for (int column = x * factor; column < (x + 1) * factor; column++) {
                            sum += images.get(source + ((long) row * stored + column) * CHANNELS + channel);
                        }
                    }
                    target.setAtIndex(ValueLayout.JAVA_FLOAT, ((long) channel * size + y) * size + x, sum * scale - 1);
                }
            }
        }
    }

    @Override
    public int label(long index) {
        return entries.get(Math.toIntExact(index)).label;
    }

    @Override
    public boolean labelled() {
        return true;
    }

    @Override
    public String caption(long index) {
        return entries.get(Math.toIntExact(index)).caption;
    }

    @Override
    public boolean captioned() {
        return true;
    }

    @Override
    public List<String> classes() {
        return classes;
    }
}
