package dev.gradus.diffusion.data;

import dev.gradus.diffusion.FileErrors;
import dev.gradus.diffusion.data.image.Pixels;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The training images of CIFAR-10 or CIFAR-100 (Krizhevsky 2009) in their binary form: 3 x 32 x 32 bytes, after one byte with
 * the class or two with the coarse and the fine class. The fine class is the label. Files are mapped.
 */
final class CifarImages implements RawImages {
    private static final int SIDE = 32;
    private static final int BYTES = 3 * SIDE * SIDE;

    /** How the two sets differ. */
    enum Kind {
        CIFAR10("data_batch_*.bin", "batches.meta.txt", 1, 10),
        CIFAR100("train.bin", "fine_label_names.txt", 2, 100);

        private final String files;
        private final String names;
        private final int labelBytes;
        private final int classes;

        Kind(String files, String names, int labelBytes, int classes) {
            this.files = files;
            this.names = names;
            this.labelBytes = labelBytes;
            this.classes = classes;
        }
    }

    private record Part(Path path, MemorySegment bytes, long count) {}

    private final Kind kind;
    private final List<Part> parts;
    private final List<String> classes;
    private final long size;

    private CifarImages(Kind kind, List<Part> parts, List<String> classes) {
        this.kind = kind;
        this.parts = parts;
        this.classes = classes;
        size = parts.stream().mapToLong(Part::count).sum();
    }

    static boolean isIn(Path folder, Kind kind) throws DataException {
        return Files.isDirectory(folder) && !files(folder, kind).isEmpty();
    }

    /**
     * Maps the files of a folder.
     *
     * @throws DataException if there are none, their length is not a whole number of images, or a label is too large
     */
    static CifarImages open(Path folder, Kind kind) throws DataException {
        List<Path> files = Files.isDirectory(folder) ? files(folder, kind) : List.of();
        if (files.isEmpty()) {
            throw new DataException(
                    "data folder " + folder + " must hold " + kind.files + "; set data.path to the folder that does");
        }
        List<Part> parts = new ArrayList<>();
        for (Path file : files) {
            parts.add(part(file, kind));
        }
        return new CifarImages(kind, List.copyOf(parts), names(folder.resolve(kind.names), kind.classes));
    }

    private static List<Path> files(Path folder, Kind kind) throws DataException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, kind.files)) {
            found.forEach(files::add);
        } catch (IOException e) {
            throw new DataException(folder + ": cannot be listed: " + FileErrors.reason(e), e);
        }
        files.sort(null);
        return files;
    }

    private static Part part(Path file, Kind kind) throws DataException {
        int record = kind.labelBytes + BYTES;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size == 0 || size % record != 0) {
                throw new DataException(file + ": " + size + " bytes are not a whole number of images of " + record
                        + " bytes; the file is truncated or of another kind");
            }
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, Arena.ofAuto());
            for (long i = 0; i < size / record; i++) {
                int label = bytes.get(ValueLayout.JAVA_BYTE, i * record + kind.labelBytes - 1) & 0xFF;
                if (label >= kind.classes) {
                    throw new DataException(file + ": image " + i + ", at byte " + i * record + ", has the class "
                            + label + ", which must be below " + kind.classes);
                }
            }
            return new Part(file, bytes, size / record);
        } catch (DataException e) {
            throw e;
        } catch (IOException e) {
            throw new DataException(file + ": cannot be read: " + FileErrors.reason(e), e);
        }
    }

    private static List<String> names(Path file, int classes) throws DataException {
        if (!Files.isRegularFile(file)) {
            return List.of();
        }
        try {
            List<String> names = Files.readAllLines(file).stream()
                    .map(String::strip)
                    .filter(name -> !name.isEmpty())
                    .toList();
            return names.size() == classes ? names : List.of();
        } catch (IOException e) {
            throw new DataException(file + ": cannot be read: " + FileErrors.reason(e), e);
        }
    }

    private record Place(Part part, long record) {}

    private Place place(long index) {
        long rest = index;
        for (Part part : parts) {
            if (rest < part.count) {
                return new Place(part, rest);
            }
            rest -= part.count;
        }
        throw new IndexOutOfBoundsException("image " + index + " of " + size);
    }

    private MemorySegment record(long index) {
        Place place = place(index);
        int record = kind.labelBytes + BYTES;
        return place.part.bytes.asSlice(place.record * record, record);
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public String path(long index) {
        Place place = place(index);
        return place.part.path + ", image " + place.record;
    }

    @Override
    public Pixels pixels(long index) {
        return Planes.interleave(record(index).asSlice(kind.labelBytes), 3, SIDE, SIDE);
    }

    @Override
    public boolean copy(long index, int channels, int wanted, MemorySegment target) {
        if (channels != 3 || wanted != SIDE) {
            return false;
        }
        MemorySegment.copy(record(index), kind.labelBytes, target, 0, BYTES);
        return true;
    }

    @Override
    public int channels() {
        return 3;
    }

    @Override
    public int label(long index) {
        return record(index).get(ValueLayout.JAVA_BYTE, kind.labelBytes - 1) & 0xFF;
    }

    @Override
    public boolean labelled() {
        return true;
    }

    @Override
    public List<String> classes() {
        return classes;
    }

    @Override
    public String identity() {
        StringBuilder files = new StringBuilder();
        parts.forEach(part -> files.append(part.path.toAbsolutePath())
                .append(' ')
                .append(part.bytes.byteSize())
                .append('\n'));
        return files.toString();
    }
}
