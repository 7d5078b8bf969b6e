package dev.gradus.diffusion.data;

import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Grey images of a folder in the layout of the MNIST database, with or without labels. An image smaller than the size
 * asked for is centred on black.
 */
public final class IdxDataset implements ImageDataset {
    private static final String IMAGES = "train-images-idx3-ubyte";
    private static final String LABELS = "train-labels-idx1-ubyte";

    private final IdxFile images;
    private final IdxFile labels;
    private final int size;
    private final int rows;
    private final int columns;

    /**
     * @param images three dimensions: count, rows, columns
     * @param labels one dimension: count; null for none
     * @param size height and width of the decoded images; at least rows and columns
     * @throws DataException if labels and images differ in number, or the images are larger than {@code size}
     */
    public IdxDataset(IdxFile images, IdxFile labels, int size) throws DataException {
        this.images = images;
        this.labels = labels;
        this.size = size;
        this.rows = images.shape()[1];
        this.columns = images.shape()[2];
        if (rows > size || columns > size) {
            throw new DataException(images.path() + ": images of " + rows + " x " + columns
                    + " do not fit the model's " + size + " x " + size + "; set model.sampleSize to at least "
                    + Math.max(rows, columns));
        }
        if (labels != null && labels.shape()[0] != images.shape()[0]) {
            throw new DataException(labels.path() + ": holds " + labels.shape()[0] + " labels, but " + images.path()
                    + " holds " + images.shape()[0] + " images");
        }
    }

    /**
     * Reads {@code train-images-idx3-ubyte} and, where it is there, {@code train-labels-idx1-ubyte}, plain or with
     * {@code .gz}.
     *
     * @param size height and width of the decoded images
     * @param labels whether the labels must be there
     */
    public static IdxDataset read(Path folder, int size, boolean labels) throws DataException {
        IdxFile images = IdxFile.read(find(folder, IMAGES, true), 3);
        Path labelFile = find(folder, LABELS, labels);
        return new IdxDataset(images, labelFile == null ? null : IdxFile.read(labelFile, 1), size);
    }

    /** The images as they are stored. */
    static RawImages raw(Path folder, List<String> classes) throws DataException {
        IdxFile images = IdxFile.read(find(folder, IMAGES, true), 3);
        Path labelFile = find(folder, LABELS, false);
        Map<String, ArrayFile.Array> arrays = new HashMap<>();
        arrays.put(ArrayImages.IMAGES, array(images));
        if (labelFile != null) {
            arrays.put(ArrayImages.LABELS, array(IdxFile.read(labelFile, 1)));
        }
        return ArrayImages.of(images.path(), arrays, classes);
    }

    static ArrayFile.Array array(IdxFile file) {
        return new ArrayFile.Array(
                ArrayFile.Element.UINT8,
                Arrays.stream(file.shape()).asLongStream().toArray(),
                file.elements());
    }

    static boolean isIn(Path folder) {
        return Files.exists(folder.resolve(IMAGES)) || Files.exists(folder.resolve(IMAGES + ".gz"));
    }

    private static Path find(Path folder, String name, boolean required) throws DataException {
        if (!Files.isDirectory(folder)) {
            throw new DataException("data folder " + folder
                    + ": no such folder; set data.path to the folder that holds " + name + " or " + name + ".gz");
        }
        if (!Files.isReadable(folder) || !Files.isExecutable(folder)) {
            throw new DataException("data folder " + folder + ": no permission to read it");
        }
        for (String candidate : new String[] {name, name + ".gz"}) {
            if (Files.exists(folder.resolve(candidate))) {
                return folder.resolve(candidate);
            }
        }
        if (required) {
            throw new DataException("data folder " + folder + " holds neither " + name + " nor " + name
                    + ".gz; set data.path to the folder that does");
        }
        return null;
    }

    @Override
    public long size() {
        return images.shape()[0];
    }

    @Override
    public int channels() {
        return 1;
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
    public boolean storesBytes() {
        return true;
    }

    @Override
    public void decodeBytes(long index, MemorySegment target) {
        long source = index * rows * columns;
        int top = (size - rows) / 2;
        int left = (size - columns) / 2;
        if (rows < size || columns < size) {
            target.asSlice(0, (long) size * size).fill((byte) 0);
        }
        for (int row = 0; row < rows; row++) {
            MemorySegment.copy(
                    images.elements(),
                    source + (long) row * columns,
                    target,
                    (long) (top + row) * size + left,
                    columns);
        }
    }

    @Override
    public void decode(long index, MemorySegment target) {
        Bytes.decode(this, index, target);
    }

    @Override
    public int label(long index) {
        return labels == null ? 0 : labels.get(index);
    }

    @Override
    public boolean labelled() {
        return labels != null;
    }
}
