package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packing that is killed, as {@code kill -9} does, and started again until it comes to its end, makes the same file. */
class PackKillTest {
    private static final int IMAGES = 900;
    /** A piece, after which the journal gets a line, is 4 MiB: 85 images. */
    private static final int SIZE = 128;

    private static final int PIECES = 11;

    @TempDir
    private Path folder;

    private byte[] whole;

    @BeforeEach
    void packWithoutAStop() throws Exception {
        Path images = Files.createDirectories(folder.resolve("images"));
        Random random = new Random(3);
        byte[] pixels = new byte[8 * 8 * 3];
        for (int i = 0; i < IMAGES; i++) {
            random.nextBytes(pixels);
            Files.write(images.resolve("%03d.bmp".formatted(i)), bmp(8, pixels));
        }
        // Left out, so that the images after it are moved at the end.
        Files.writeString(images.resolve("007.bmp"), "broken");
        Path target = folder.resolve("whole.safetensors");
        JavaProcess packing = start(target);
        assertEquals(ExitCode.DONE, packing.exitCode(), packing.err());
        whole = Files.readAllBytes(target);
    }

    static byte[] bmp(int size, byte[] pixels) {
        ByteBuffer file = ByteBuffer.allocate(54 + pixels.length).order(ByteOrder.LITTLE_ENDIAN);
        file.put((byte) 'B')
                .put((byte) 'M')
                .putInt(54 + pixels.length)
                .putInt(0)
                .putInt(54);
        file.putInt(40).putInt(size).putInt(size).putShort((short) 1).putShort((short) 24);
        file.position(54).put(pixels);
        return file.array();
    }

    private JavaProcess start(Path target) throws IOException {
        return JavaProcess.start(
                folder,
                List.of(),
                Map.of(),
                "data",
                "pack",
                folder.resolve("images"),
                "--size",
                SIZE,
                "--broken",
                "skip",
                "--threads",
                2,
                "--out",
                target);
    }

    @Test
    void packingThatIsKilledMakesTheSameFile() throws Exception {
        killAtRandomMoments(4, 1);
    }

    /** {@code mvn -pl cli -am -Pkill test}, which takes some minutes. */
    @Test
    @Tag("kill")
    void packingThatIsKilledFiftyTimesMakesTheSameFile() throws Exception {
        killAtRandomMoments(50, 2);
    }

    /** Kills after a number of pieces, the last of which the call that moves the images and writes the header has done. */
    private void killAtRandomMoments(int kills, long seed) throws Exception {
        Random random = new Random(seed);
        Path target = folder.resolve("packed.safetensors");
        Path journal = folder.resolve("packed.safetensors.part.jsonl");
        int done = 0;
        int inTheMiddle = 0;
        while (true) {
            int before = lines(journal);
            JavaProcess packing = start(target);
            if (done == kills) {
                assertEquals(ExitCode.DONE, packing.exitCode(), packing.err());
            } else {
                int wanted = Math.max(2, before + 1 + random.nextInt(PIECES));
                while (lines(journal) < wanted && packing.isAlive()) {
                    Thread.onSpinWait();
                }
                Thread.sleep(0, random.nextInt(1_000_000));
            }
            if (packing.kill()) {
                done++;
                assertFalse(
                        Files.exists(target) && Files.size(target) != whole.length, "a part has the name of the whole");
                inTheMiddle += Files.exists(journal) ? 1 : 0;
            }
            if (Files.exists(target)) {
                assertArrayEquals(whole, Files.readAllBytes(target));
                if (done == kills) {
                    break;
                }
                Files.delete(target);
            }
        }
        System.out.printf("killed %d times, %d of them with a part of the work done%n", done, inTheMiddle);
        assertTrue(inTheMiddle > 0, "no work was left to go on with at any of the moments");
    }

    private static int lines(Path journal) throws IOException {
        try {
            return (int)
                    Files.readString(journal, StandardCharsets.UTF_8).lines().count();
        } catch (NoSuchFileException _) {
            return 0;
        }
    }
}
