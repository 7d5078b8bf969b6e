package dev.gradus.diffusion.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxFileTest {
    @TempDir
    Path folder;

    /** An IDX file whose elements count up from 0. */
    static byte[] idx(int... shape) {
        int count = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        ByteBuffer buffer = ByteBuffer.allocate(4 + 4 * shape.length + count);
        buffer.put(new byte[] {0, 0, 8, (byte) shape.length});
        Arrays.stream(shape).forEach(buffer::putInt);
        for (int i = 0; i < count; i++) {
            buffer.put((byte) i);
        }
        return buffer.array();
    }

    static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    private Path write(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("file"), bytes);
    }

    private String failure(byte[] bytes, int dimensions) throws IOException {
        Path file = write(bytes);
        String message = assertThrows(DataException.class, () -> IdxFile.read(file, dimensions))
                .getMessage();
        assertTrue(message.startsWith(file + ": "), message);
        return message.substring((file + ": ").length());
    }

    @Test
    void plainAndCompressedFilesAreReadAlike() throws IOException {
        byte[] bytes = idx(3, 5, 20);
        for (byte[] content : new byte[][] {bytes, gzip(bytes)}) {
            IdxFile file = IdxFile.read(write(content), 3);
            assertArrayEquals(new int[] {3, 5, 20}, file.shape());
            assertEquals(300, file.elements().byteSize());
            assertEquals(7, file.get(7));
            assertEquals(255, file.get(255));
        }
    }

    @Test
    void missingFileIsNamed() {
        Path missing = folder.resolve("missing");
        assertEquals(
                missing + ": no such file",
                assertThrows(DataException.class, () -> IdxFile.read(missing, 1))
                        .getMessage());
    }

    @Test
    void emptyFileIsRefused() throws IOException {
        assertEquals("at byte 0: ends here, expected the 4 bytes that start an IDX file", failure(new byte[0], 1));
    }

    @Test
    void foreignFileIsRefused() throws IOException {
        assertEquals(
                "at byte 0: expected the bytes 00 00 that start an IDX file, found 89 50 4e 47",
                failure(new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10}, 1));
    }

    @Test
    void otherElementTypesAreRefused() throws IOException {
        byte[] bytes = idx(2);
        bytes[2] = 0x0d;
        assertEquals("at byte 2: expected element type 08 (unsigned byte), found 0d", failure(bytes, 1));
    }

    @Test
    void otherNumberOfDimensionsIsRefused() throws IOException {
        assertEquals("at byte 3: expected 3 dimensions, found 1", failure(idx(2), 3));
    }

    @Test
    void headerThatEndsEarlyIsRefused() throws IOException {
        assertEquals(
                "at byte 10: ends here, expected the size of dimension 1", failure(Arrays.copyOf(idx(2, 3, 4), 10), 3));
    }

    @Test
    void emptyAndNegativeSizesAreRefused() throws IOException {
        assertEquals("at byte 4: expected a size from 1 to 2147483647 for dimension 0, found 0", failure(idx(0, 1), 2));
        assertEquals(
                "at byte 8: expected a size from 1 to 2147483647 for dimension 1, found 4294967295",
                failure(
                        ByteBuffer.allocate(12)
                                .putInt(0x802)
                                .putInt(1)
                                .putInt(-1)
                                .array(),
                        2));
    }

    @Test
    void truncatedPlainFileIsRefused() throws IOException {
        assertEquals(
                "at byte 100: the file ends here, but the sizes 3 x 5 x 20 in the header need more bytes than the file"
                        + " holds; it is truncated or not an IDX file",
                failure(Arrays.copyOf(idx(3, 5, 20), 100), 3));
    }

    @Test
    void truncatedCompressedFileIsRefused() throws IOException {
        byte[] cut = gzip(Arrays.copyOf(idx(3, 5, 20), 100));
        assertEquals(
                "at byte 100 of the decompressed data: ends here, expected 316 bytes for the sizes 3 x 5 x 20; the file"
                        + " is truncated",
                failure(cut, 3));
        byte[] whole = gzip(idx(3, 5, 20));
        assertTrue(failure(Arrays.copyOf(whole, whole.length / 2), 3).endsWith("the file is truncated"));
    }

    @Test
    void damagedCompressedFileIsRefused() throws IOException {
        byte[] bytes = gzip(idx(3, 5, 20));
        bytes[bytes.length - 8] ^= 1;
        assertEquals(
                "at byte 316 of the decompressed data: the gzip data are damaged (Corrupt GZIP trailer)",
                failure(bytes, 3));
    }

    @Test
    void bytesAfterTheElementsAreRefused() throws IOException {
        byte[] bytes = idx(2, 3);
        assertEquals(
                "at byte 18: expected the end of the file for the sizes 2 x 3, found more",
                failure(Arrays.copyOf(bytes, bytes.length + 1), 2));
    }

    @Test
    void headerThatClaimsMoreThanTheFileCanHoldIsRefusedBeforeMemoryIsTaken() throws IOException {
        byte[] header = ByteBuffer.allocate(20)
                .putInt(0x803)
                .putInt(Integer.MAX_VALUE)
                .putInt(Integer.MAX_VALUE)
                .putInt(Integer.MAX_VALUE)
                .array();
        assertTrue(failure(header, 3).contains("need more bytes than the file holds"));
        assertTrue(failure(gzip(header), 3).contains("need more bytes than the file holds"));
    }
}
