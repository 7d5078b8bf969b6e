package dev.gradus.diffusion.data.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.EOFException;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class MemoryStreamTest {
    @Test
    void readsUpToTheEnd() throws IOException {
        try (MemoryStream stream = new MemoryStream(new byte[] {1, -1, 3})) {
            assertEquals(3, stream.length());
            assertEquals(1, stream.read());
            assertEquals(255, stream.read());
            byte[] rest = new byte[4];
            assertEquals(1, stream.read(rest, 1, 3));
            assertArrayEquals(new byte[] {0, 3, 0, 0}, rest);
            assertEquals(0, stream.read(rest, 0, 0));
            assertEquals(-1, stream.read());
            assertEquals(-1, stream.read(rest, 0, 1));
        }
    }

    @Test
    void goesBackAndStartsAtAWholeByteAfterBits() throws IOException {
        try (MemoryStream stream = new MemoryStream(new byte[] {(byte) 0b1010_0000, 2})) {
            stream.mark();
            assertEquals(0b101, stream.readBits(3));
            stream.reset();
            assertEquals(0b1010, stream.readBits(4));
            assertEquals(0b1010_0000, stream.read());
            assertEquals(2, stream.read());
        }
    }

    @Test
    void refusesToReadBehindTheEndOrOutsideOfTheTarget() throws IOException {
        try (MemoryStream stream = new MemoryStream(new byte[2])) {
            assertThrows(EOFException.class, () -> stream.readFully(new byte[3]));
            assertThrows(IndexOutOfBoundsException.class, () -> stream.read(new byte[2], 1, 2));
        }
    }
}
