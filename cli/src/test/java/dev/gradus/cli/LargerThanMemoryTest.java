package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LargerThanMemoryTest {
    private static final int HEADER = 128;

    @TempDir
    private Path folder;

    /** A file of NumPy of grey 8 x 8 images; all of it is a hole, which takes no room on the disk. */
    private Path data(long images) throws IOException {
        Path file = folder.resolve("large.npy");
        String header = "{'descr': '|u1', 'fortran_order': False, 'shape': (%d, 8, 8), }".formatted(images);
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, HEADER - 10, 0});
            out.write((header + " ".repeat(HEADER - 11 - header.length()) + "\n").getBytes(StandardCharsets.US_ASCII));
            out.setLength(HEADER + images * 64);
        }
        return file;
    }

    private static long physicalMemory() throws IOException {
        String total = Files.readAllLines(Path.of("/proc/meminfo")).getFirst();
        return Long.parseLong(total.replaceAll("[^0-9]", "")) << 10;
    }

    @Test
    void aRunTrainsOnFourTimesTheMemoryOfTheMachine() throws Exception {
        long bytes = 4 * physicalMemory();
        TinyRun.data(folder);
        JavaProcess training = JavaProcess.start(
                folder,
                List.of(),
                Map.of("JDK_JAVA_OPTIONS", "-Xmx128m"),
                TinyRun.train(
                        folder,
                        folder.resolve("run"),
                        "--set",
                        "data.format=array",
                        "--set",
                        "data.path=" + data(bytes / 64)));
        assertEquals(ExitCode.DONE, training.exitCode(), training.err());
        assertTrue(training.out().startsWith("Finished 6 steps"), training.out());
    }
}
