package dev.gradus.diffusion.data;

import dev.gradus.diffusion.config.DataConfig;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Decodes all images of a data set once and writes them as bytes of one size into a safetensors file, which training maps:
 * {@code images} uint8 (N, C, H, W); where there are classes {@code labels} int64 (N); where there are captions these one after
 * the other in UTF-8, {@code captions}, and where each ends, {@code caption_ends} int64 (N). The metadata have {@code classes}, a
 * JSON list of names.
 *
 * <p>Images are done in pieces, on several threads, into {@code FILE.part}; a {@link PackingJournal} beside it says which pieces
 * are done. Packing that was stopped or killed goes on from there, if the images are the same by path and size.
 */
public final class Packing {
    private static final long PIECE_BYTES = 4 << 20;
    private static final int COPY_BYTES = 1 << 20;

    private final ImageDataset dataset;
    private final List<String> classes;
    private final String identity;
    private final DataConfig.Broken policy;
    private final Path target;
    private final Path part;
    private final long imageBytes;
    private final long pieceImages;
    private final long headerBytes;

    private Packing(
            ImageDataset dataset, List<String> classes, String identity, DataConfig.Broken policy, Path target) {
        this.dataset = dataset;
        this.classes = classes;
        this.policy = policy;
        this.target = target;
        this.part = target.resolveSibling(target.getFileName() + ".part");
        this.imageBytes = (long) dataset.channels() * dataset.height() * dataset.width();
        this.pieceImages = Math.max(1, PIECE_BYTES / imageBytes);
        // With fewer images and captions the text of the header is not longer.
        this.headerBytes = (8 + header(dataset.size(), Long.MAX_VALUE / 4).length + 63) / 64 * 64;
        this.identity = Digest.sha256(identity + "\n" + dataset.size() + " " + dataset.channels() + " "
                + dataset.height() + " " + headerBytes);
    }

    /**
     * What was packed.
     *
     * @param images in the file
     * @param broken those that are left out
     * @param resumed how many images an earlier call had done
     */
    public record Result(long images, List<BrokenImage> broken, long resumed) {
        public Result {
            broken = List.copyOf(broken);
        }
    }

    /**
     * Packs the data set of a configuration. A runtime exception thrown by {@code progress} stops the work, which the next call
     * goes on with.
     *
     * @param config {@code broken} says whether a broken image ends the work or is left out and listed
     * @param size height and width of the packed images
     * @param target does not exist
     * @throws DataException if the target exists or another process packs it, the images cannot be read, or one is broken and
     *     that ends the work
     */
    public static Result pack(DataConfig config, int size, Path target, int threads, FetchProgress progress)
            throws IOException {
        if (Files.exists(target)) {
            throw new DataException(target + " exists already; remove it or choose another name");
        }
        DataConfig all = config.with(DataConfig.Broken.FAIL);
        ImageDataset dataset = Datasets.open(all, size, false, progress);
        String source = dataset instanceof ResizedImages resized
                ? resized.raw().identity() + config.resize()
                : config.format() + " " + config.path();
        List<String> classes = dataset.labelled() ? ClassNames.of(config, size, progress) : List.of();
        return new Packing(dataset, classes, source, config.broken(), target).run(threads, progress);
    }

    private Result run(int threads, FetchProgress progress) throws IOException {
        try (FileChannel channel = FileChannel.open(
                        part, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                FileLock _ = lock(channel);
                PackingJournal journal = PackingJournal.open(part, identity)) {
            if (policy == DataConfig.Broken.FAIL && !journal.broken().isEmpty()) {
                throw broken(journal.broken().getFirst().toString(), null);
            }
            long pieces = (dataset.size() + pieceImages - 1) / pieceImages;
            long resumed = journal.done().stream()
                    .mapToLong(piece -> end(piece) - piece * pieceImages)
                    .sum();
            Parallel.run(
                    0,
                    pieces,
                    threads,
                    piece -> pack(piece, channel, journal),
                    () -> progress.update(
                            "Packing images",
                            Math.min(dataset.size(), journal.done().size() * pieceImages),
                            dataset.size()));
            List<BrokenImage> broken = journal.broken().stream()
                    .sorted(Comparator.comparingLong(BrokenImage::index))
                    .toList();
            long count = dataset.size() - broken.size();
            if (count == 0) {
                throw new DataException(
                        "all " + dataset.size() + " images are broken; the first is " + broken.getFirst());
            }
            journal.finishing();
            finish(channel, broken, count);
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
            journal.delete();
            return new Result(count, broken, resumed);
        }
    }

    private FileLock lock(FileChannel channel) throws IOException {
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            throw new DataException(target + " is being packed by another process");
        }
        return lock;
    }

    private long end(long piece) {
        return Math.min(dataset.size(), (piece + 1) * pieceImages);
    }

    /** The place of an image, if there are that many in all. */
    private long place(long count, long index) {
        int columns = (dataset.labelled() ? 1 : 0) + (dataset.captioned() ? 1 : 0);
        return headerBytes + 8 * columns * count + index * imageBytes;
    }

    private void pack(long piece, FileChannel channel, PackingJournal journal) throws IOException {
        if (journal.isDone(piece)) {
            return;
        }
        long from = piece * pieceImages;
        byte[] pixels = new byte[Math.toIntExact((end(piece) - from) * imageBytes)];
        List<BrokenImage> broken = new ArrayList<>();
        for (long index = from; index < end(piece); index++) {
            try {
                read(index, MemorySegment.ofArray(pixels).asSlice((index - from) * imageBytes, imageBytes));
            } catch (BrokenImageException e) {
                if (policy == DataConfig.Broken.FAIL) {
                    throw broken(e.getMessage(), e);
                }
                broken.add(e.image());
            }
        }
        write(channel, pixels, place(dataset.size(), from));
        channel.force(false);
        journal.add(piece, broken);
    }

    private static DataException broken(String what, Throwable cause) {
        return new DataException(
                what + "; repair or remove the image, or leave out broken ones with --broken skip", cause);
    }

    private void read(long index, MemorySegment into) throws BrokenImageException {
        if (dataset instanceof ResizedImages resized) {
            resized.read(index, into);
        } else {
            dataset.decodeBytes(index, into);
        }
    }

    private static void write(FileChannel channel, byte[] bytes, long at) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer, at + buffer.position());
        }
    }

    /** Closes the gaps of broken images, and writes what is around the images. */
    private void finish(FileChannel channel, List<BrokenImage> broken, long count) throws IOException {
        PackedColumns columns = new PackedColumns(count);
        long next = 0;
        long from = 0;
        for (int i = 0; i <= broken.size(); i++) {
            long to = i < broken.size() ? broken.get(i).index() : dataset.size();
            for (long index = from; index < to; index++) {
                columns.add(dataset.label(index), dataset.caption(index));
            }
            if (!broken.isEmpty()) {
                move(channel, place(dataset.size(), from), place(count, next), (to - from) * imageBytes);
            }
            next += to - from;
            from = to + 1;
        }
        byte[] captions = dataset.captioned() ? columns.captions() : new byte[0];
        if (dataset.captioned()) {
            write(channel, columns.captionEnds(), place(count, 0) - 8 * count);
        }
        if (dataset.labelled()) {
            write(channel, columns.labels(), headerBytes);
        }
        write(channel, captions, place(count, count));
        channel.truncate(place(count, count) + captions.length);
        ByteBuffer start = ByteBuffer.allocate((int) headerBytes).order(ByteOrder.LITTLE_ENDIAN);
        start.putLong(headerBytes - 8).put(header(count, captions.length));
        while (start.hasRemaining()) {
            start.put((byte) ' ');
        }
        write(channel, start.array(), 0);
        channel.force(true);
    }

    /** Moves bytes down. */
    private static void move(FileChannel channel, long from, long to, long bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(COPY_BYTES);
        for (long done = 0; done < bytes; ) {
            buffer.clear().limit((int) Math.min(COPY_BYTES, bytes - done));
            while (buffer.hasRemaining()) {
                if (channel.read(buffer, from + done + buffer.position()) < 0) {
                    throw new IOException("the file became shorter while it was packed");
                }
            }
            write(channel, Arrays.copyOf(buffer.array(), buffer.limit()), to + done);
            done += buffer.limit();
        }
    }

    private byte[] header(long count, long captionBytes) {
        Map<String, Object> header = new LinkedHashMap<>();
        header.put("__metadata__", Map.of(ArrayImages.CLASSES, Json.text(classes)));
        long at = 0;
        if (dataset.labelled()) {
            at = tensor(header, ArrayImages.LABELS, "I64", at, 8, count);
        }
        if (dataset.captioned()) {
            at = tensor(header, ArrayImages.CAPTION_ENDS, "I64", at, 8, count);
        }
        at = tensor(
                header, ArrayImages.IMAGES, "U8", at, 1, count, dataset.channels(), dataset.height(), dataset.width());
        if (dataset.captioned()) {
            tensor(header, ArrayImages.CAPTIONS, "U8", at, 1, captionBytes);
        }
        return Json.text(header).getBytes(StandardCharsets.UTF_8);
    }

    private static long tensor(
            Map<String, Object> header, String name, String type, long at, long elementBytes, long... shape) {
        long end = at + elementBytes;
        for (long dimension : shape) {
            end = at + (end - at) * dimension;
        }
        // In one order, so that the same images make the same file.
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("dtype", type);
        entry.put("shape", shape);
        entry.put("data_offsets", new long[] {at, end});
        header.put(name, entry);
        return end;
    }
}
