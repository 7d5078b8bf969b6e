package dev.gradus.diffusion.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.diffusion.data.ArrayFile.Array;
import dev.gradus.diffusion.data.ArrayFile.Element;
import dev.gradus.diffusion.data.image.Pixels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The images of an array: (N, H, W), (N, H, W, C) or (N, C, H, W) with C 1 or 3, of uint8, uint16 (scaled by 255 / 65535), or
 * floats from 0 to 1. It is named {@code images}, {@code x}, {@code x_train}, {@code train_images} or {@code arr_0}; labels are
 * integers named {@code labels}, {@code y}, {@code y_train} or {@code train_labels}. This is also what {@link Packing} writes,
 * with captions as {@code captions}, UTF-8, and {@code caption_ends}, where each ends.
 */
final class ArrayImages implements RawImages {
    static final String IMAGES = "images";
    static final String LABELS = "labels";
    static final String CAPTIONS = "captions";
    static final String CAPTION_ENDS = "caption_ends";
    static final String CLASSES = "classes";

    private static final List<String> IMAGE_NAMES = List.of(IMAGES, "x", "x_train", "train_images", "arr_0");
    private static final List<String> LABEL_NAMES = List.of(LABELS, "y", "y_train", "train_labels");
    private static final int MAX_LABEL = 1_000_000;

    private final Path path;
    private final Array images;
    private final boolean planes;
    private final int channels;
    private final int height;
    private final int width;
    private final int[] labels;
    private final Array captions;
    private final Array captionEnds;
    private final List<String> classes;

    private ArrayImages(Path path, Map<String, Array> arrays, Map<String, String> metadata) throws DataException {
        this.path = path;
        images = required(path, arrays);
        long[] shape = images.shape();
        boolean last = shape.length == 4 && colours(shape[3]);
        planes = shape.length == 4 && !last;
        if (shape.length != 3 && !last && !(shape.length == 4 && colours(shape[1]))) {
            throw new DataException(
                    path + ": the images must have the shape (N, H, W), (N, H, W, C) or (N, C, H, W) with"
                            + " C 1 or 3, not " + Arrays.toString(shape));
        }
        channels = shape.length == 3 ? 1 : (int) (last ? shape[3] : shape[1]);
        long tall = shape[planes ? 2 : 1];
        long wide = shape[planes ? 3 : 2];
        if (shape[0] < 1 || tall < 1 || wide < 1 || tall > 1 << 15 || wide > 1 << 15) {
            throw new DataException(
                    path + ": has no images, or too large ones: the shape is " + Arrays.toString(shape));
        }
        height = (int) tall;
        width = (int) wide;
        labels = labels(path, arrays, shape[0]);
        captions = arrays.get(CAPTIONS);
        captionEnds = arrays.get(CAPTION_ENDS);
        checkCaptions(shape[0]);
        classes = classes(path, metadata);
    }

    private static boolean colours(long dimension) {
        return dimension == 1 || dimension == 3;
    }

    /**
     * Opens a {@code .safetensors}, {@code .npy} or {@code .npz} file.
     *
     * @throws DataException if it is damaged or has no images
     */
    static ArrayImages open(Path path) throws DataException {
        Map<String, String> metadata = new LinkedHashMap<>();
        Map<String, Array> arrays = ArrayFile.read(path, metadata);
        return new ArrayImages(path, arrays, metadata);
    }

    /** From arrays in memory. */
    static ArrayImages of(Path path, Map<String, Array> arrays, List<String> classes) throws DataException {
        return new ArrayImages(path, arrays, Map.of(CLASSES, Json.text(classes)));
    }

    private static Array required(Path path, Map<String, Array> arrays) throws DataException {
        for (String name : IMAGE_NAMES) {
            Array array = arrays.get(name);
            if (array != null) {
                if (array.type() == Element.INT32 || array.type() == Element.INT64) {
                    throw new DataException(
                            path + ": the images must be uint8, uint16, or floats from 0 to 1, not " + array.type());
                }
                return array;
            }
        }
        throw new DataException(path + ": has no array named " + String.join(", ", IMAGE_NAMES) + ", only "
                + String.join(", ", arrays.keySet()));
    }

    private static int[] labels(Path path, Map<String, Array> arrays, long count) throws DataException {
        for (String name : LABEL_NAMES) {
            Array array = arrays.get(name);
            if (array == null) {
                continue;
            }
            if (array.count() != count) {
                throw new DataException(path + ": has " + array.count() + " " + name + ", but " + count + " images");
            }
            int[] labels = new int[Math.toIntExact(count)];
            for (int i = 0; i < labels.length; i++) {
                double label = array.get(i);
                if (!(label >= 0 && label <= MAX_LABEL) || label != Math.rint(label)) {
                    throw new DataException(path + ": " + name + "[" + i + "] must be a whole number from 0 to "
                            + MAX_LABEL + ", is " + label);
                }
                labels[i] = (int) label;
            }
            return labels;
        }
        return null;
    }

    private void checkCaptions(long count) throws DataException {
        if (captions == null || captionEnds == null) {
            if (captions != null || captionEnds != null) {
                throw new DataException(path + ": has only one of " + CAPTIONS + " and " + CAPTION_ENDS);
            }
            return;
        }
        if (captions.type() != Element.UINT8 || captionEnds.type() != Element.INT64 || captionEnds.count() != count) {
            throw new DataException(path + ": " + CAPTIONS + " must be uint8, and " + CAPTION_ENDS
                    + " int64 and as many as" + " there are images");
        }
        long before = 0;
        for (long i = 0; i < count; i++) {
            long end = (long) captionEnds.get(i);
            if (end < before || end > captions.count()) {
                throw new DataException(path + ": " + CAPTION_ENDS + "[" + i + "] must be from " + before + " to "
                        + captions.count() + ", is " + end);
            }
            before = end;
        }
    }

    private static List<String> classes(Path path, Map<String, String> metadata) throws DataException {
        String json = metadata.get(CLASSES);
        if (json == null) {
            return List.of();
        }
        try {
            return List.copyOf(new ObjectMapper().readValue(json, new TypeReference<List<String>>() {}));
        } catch (JsonProcessingException | NullPointerException e) {
            throw new DataException(path + ": the metadata classes must be a JSON list of names, is " + json, e);
        }
    }

    @Override
    public long size() {
        return images.shape()[0];
    }

    @Override
    public String path(long index) {
        return path + ", image " + index;
    }

    private long bytes() {
        return (long) channels * height * width * images.type().size();
    }

    @Override
    public boolean copy(long index, int wanted, int size, MemorySegment target) {
        boolean same = wanted == channels && size == height && size == width;
        if (!same || images.type() != Element.UINT8 || !(planes || channels == 1)) {
            return false;
        }
        MemorySegment.copy(images.data(), index * bytes(), target, 0, bytes());
        return true;
    }

    @Override
    public Pixels pixels(long index) throws BrokenImageException {
        int count = channels * height * width;
        byte[] values = new byte[count];
        if (images.type() == Element.UINT8) {
            MemorySegment.copy(images.data(), ValueLayout.JAVA_BYTE, index * count, values, 0, count);
        } else {
            for (int i = 0; i < count; i++) {
                values[i] = (byte) converted(index, index * count + i);
            }
        }
        return planes
                ? Planes.interleave(MemorySegment.ofArray(values), channels, height, width)
                : new Pixels(width, height, channels, values);
    }

    private int converted(long index, long element) throws BrokenImageException {
        double value = images.get(element);
        if (images.type() == Element.UINT16) {
            return (int) Math.round(value * 255 / 65535);
        }
        if (!(value >= 0 && value <= 1)) {
            throw new BrokenImageException(
                    new BrokenImage(index, path(index), "has the value " + value + ", which must be from 0 to 1"),
                    null);
        }
        return (int) Math.round(value * 255);
    }

    @Override
    public int channels() {
        return channels;
    }

    @Override
    public int label(long index) {
        return labels == null ? 0 : labels[Math.toIntExact(index)];
    }

    @Override
    public boolean labelled() {
        return labels != null;
    }

    @Override
    public List<String> classes() {
        return classes;
    }

    @Override
    public String caption(long index) {
        if (captions == null) {
            return "";
        }
        long start = index == 0 ? 0 : (long) captionEnds.get(index - 1);
        long end = (long) captionEnds.get(index);
        return new String(
                captions.data().asSlice(start, end - start).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    @Override
    public boolean captioned() {
        return captions != null && captions.count() > 0;
    }

    @Override
    public String identity() {
        return path.toAbsolutePath().normalize() + " " + images + " "
                + path.toFile().lastModified();
    }
}
