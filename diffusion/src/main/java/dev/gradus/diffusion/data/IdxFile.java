package dev.gradus.diffusion.data;

import dev.gradus.diffusion.FileErrors;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * An array of unsigned bytes from a file in the IDX format of the MNIST database: two zero bytes, a byte for the type
 * of the elements, a byte for the number of dimensions, the dimensions as big-endian 32-bit numbers, the elements in
 * row-major order. Plain or compressed by gzip, told apart by their first bytes.
 *
 * @param path the file it came from
 * @param shape the dimensions
 * @param elements one byte each, off heap, freed by the garbage collector
 */
public record IdxFile(Path path, int[] shape, MemorySegment elements) {
    private static final int UNSIGNED_BYTE = 0x08;
    private static final int MAX_DIMENSIONS = 4;
    /** Deflate cannot shrink data by more than this factor, so a header that claims more is wrong. */
    private static final long MAX_DEFLATE_RATIO = 1032;

    /**
     * Reads a file whole.
     *
     * @param dimensions the number of dimensions it must have
     * @throws DataException if it is missing or not such a file; the message names file, byte and what was expected
     */
    public static IdxFile read(Path path, int dimensions) throws DataException {
        try (PushbackInputStream raw =
                new PushbackInputStream(new BufferedInputStream(Files.newInputStream(path), 1 << 16), 2)) {
            byte[] start = raw.readNBytes(2);
            raw.unread(start);
            boolean gzip = start.length == 2 && start[0] == 0x1f && start[1] == (byte) 0x8b;
            try (Input input = new Input(path, gzip ? new GZIPInputStream(raw, 1 << 16) : raw, gzip)) {
                int[] shape = header(input, dimensions);
                return new IdxFile(path, shape, elements(input, shape));
            }
        } catch (NoSuchFileException e) {
            throw new DataException(path + ": no such file", e);
        } catch (DataException e) {
            throw e;
        } catch (IOException e) {
            throw new DataException(path + ": cannot be read: " + FileErrors.reason(e), e);
        }
    }

    private static int[] header(Input input, int dimensions) throws IOException {
        byte[] magic = input.bytes(4, "the 4 bytes that start an IDX file");
        if (magic[0] != 0 || magic[1] != 0) {
            throw input.error(0, "expected the bytes 00 00 that start an IDX file, found " + hex(magic));
        }
        if (magic[2] != UNSIGNED_BYTE) {
            throw input.error(2, "expected element type 08 (unsigned byte), found " + hex(magic[2]));
        }
        if (magic[3] != dimensions) {
            throw input.error(3, "expected " + dimensions + " dimensions, found " + (magic[3] & 0xff));
        }
        int[] shape = new int[dimensions];
        for (int i = 0; i < dimensions; i++) {
            byte[] size = input.bytes(4, "the size of dimension " + i);
            shape[i] = (size[0] & 0xff) << 24 | (size[1] & 0xff) << 16 | (size[2] & 0xff) << 8 | size[3] & 0xff;
            if (shape[i] < 1) {
                throw input.error(
                        4 + 4L * i,
                        "expected a size from 1 to 2147483647 for dimension " + i + ", found "
                                + Integer.toUnsignedString(shape[i]));
            }
        }
        return shape;
    }

    private static MemorySegment elements(Input input, int[] shape) throws IOException {
        long start = input.position;
        long size = Files.size(input.path);
        long count = 1;
        for (int factor : shape) {
            count *= factor;
            // Checked after each factor below 2^31, so the product cannot overflow.
            if (count > (input.gzip ? size * MAX_DEFLATE_RATIO : size - start)) {
                String problem = "the sizes " + text(shape) + " in the header need more bytes than the file holds";
                throw input.gzip
                        ? input.error(4, problem)
                        : input.error(
                                size, "the file ends here, but " + problem + "; it is truncated or not an IDX file");
            }
        }
        MemorySegment elements = Arena.ofAuto().allocate(count);
        byte[] buffer = new byte[1 << 16];
        for (long done = 0; done < count; ) {
            int n = input.read(buffer, (int) Math.min(buffer.length, count - done));
            if (n < 0) {
                throw input.error(
                        input.position,
                        "ends here, expected " + (start + count) + " bytes for the sizes " + text(shape)
                                + "; the file is truncated");
            }
            MemorySegment.copy(buffer, 0, elements, ValueLayout.JAVA_BYTE, done, n);
            done += n;
        }
        if (input.read(buffer, 1) >= 0) {
            throw input.error(
                    start + count, "expected the end of the file for the sizes " + text(shape) + ", found more");
        }
        return elements;
    }

    /** Element {@code index}, from 0 to 255. */
    public int get(long index) {
        return elements.get(ValueLayout.JAVA_BYTE, index) & 0xff;
    }

    /** Records with arrays compare them by identity by default; these compare the contents. */
    @Override
    public boolean equals(Object other) {
        return other instanceof IdxFile file
                && path.equals(file.path)
                && Arrays.equals(shape, file.shape)
                && elements.mismatch(file.elements) < 0;
    }

    @Override
    public int hashCode() {
        return 31 * path.hashCode() + Arrays.hashCode(shape);
    }

    @Override
    public String toString() {
        return path + " (" + text(shape) + ")";
    }

    private static String text(int[] shape) {
        return Arrays.stream(shape).mapToObj(String::valueOf).collect(Collectors.joining(" x "));
    }

    private static String hex(byte... bytes) {
        return IntStream.range(0, bytes.length)
                .mapToObj(i -> String.format("%02x", bytes[i]))
                .collect(Collectors.joining(" "));
    }

    /** The decompressed bytes, counted. */
    private static final class Input implements AutoCloseable {
        private final Path path;
        private final InputStream stream;
        private final boolean gzip;
        private long position;

        Input(Path path, InputStream stream, boolean gzip) {
            this.path = path;
            this.stream = stream;
            this.gzip = gzip;
        }

        byte[] bytes(int count, String what) throws IOException {
            byte[] bytes = new byte[count];
            for (int done = 0; done < count; ) {
                int n = read(bytes, done, count - done);
                if (n < 0) {
                    throw error(position, "ends here, expected " + what);
                }
                done += n;
            }
            return bytes;
        }

        int read(byte[] buffer, int count) throws IOException {
            return read(buffer, 0, count);
        }

        /** A gzip stream that stops short or is damaged counts as the end of the data at this place. */
        private int read(byte[] buffer, int offset, int count) throws IOException {
            try {
                int n = stream.read(buffer, offset, count);
                position += Math.max(n, 0);
                return n;
            } catch (EOFException e) {
                return -1;
            } catch (ZipException e) {
                throw error(position, "the gzip data are damaged (" + e.getMessage() + ")");
            }
        }

        DataException error(long offset, String problem) {
            return new DataException(
                    path + ": at byte " + offset + (gzip ? " of the decompressed data: " : ": ") + problem);
        }

        @Override
        public void close() throws IOException {
            stream.close();
        }
    }
}
