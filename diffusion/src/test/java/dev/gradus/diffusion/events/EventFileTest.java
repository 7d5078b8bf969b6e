package dev.gradus.diffusion.events;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(1_700_000_000_250L), ZoneOffset.UTC);
    private static final byte[] PNG = HexFormat.of()
            .parseHex("89504e470d0a1a0a0000000d494844520000000200000001080000000001d4e1340000000b4944415478"
                    + "9c63606000000003000136f2a1a50000000049454e44ae426082");

    @TempDir
    private Path folder;

    private List<Path> files() throws Exception {
        try (var files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    /** The golden was written by TensorBoard's own classes, by {@code src/test/python/make_event_goldens.py}. */
    @Test
    void hasTheBytesThatTensorBoardWrites() throws Exception {
        try (EventFile file = EventFile.create(folder, 300, CLOCK)) {
            file.number("training/loss", 301, 0.125);
            file.number("training/loss", 302, 0);
            file.number("Größe", 5_000_000_000L, -1e-30);
            file.picture("samples", 302, PNG);
            double[] values = IntStream.range(0, 128).asDoubleStream().toArray();
            file.histogram("weights/a", 302, Histogram.of(values));
        }
        Path golden = Path.of(
                EventFileTest.class.getResource("/goldens/events.tfevents").toURI());
        assertArrayEquals(Files.readAllBytes(golden), Files.readAllBytes(files().getFirst()));
    }

    @Test
    void filesOfTheSameSecondGetNamesOfTheirOwn() throws Exception {
        EventFile.create(folder, 0, CLOCK).close();
        EventFile.create(folder, 0, CLOCK).close();
        assertEquals(
                List.of("events.out.tfevents.1700000000.gradus.0", "events.out.tfevents.1700000000.gradus.1"),
                files().stream().map(file -> file.getFileName().toString()).toList());
    }

    @Test
    void aHistogramLeavesOutWhatIsNotFinite() {
        Histogram histogram = Histogram.of(new double[] {1, Double.NaN, 3, Double.POSITIVE_INFINITY});
        assertEquals(2, histogram.count());
        assertEquals(1, histogram.min());
        assertEquals(3, histogram.max());
        assertEquals(10, histogram.squares());
        assertEquals(1, histogram.counts()[0]);
        assertEquals(1, histogram.counts()[histogram.counts().length - 1]);
    }

    @Test
    void equalValuesAreOneInterval() {
        Histogram histogram = Histogram.of(new double[] {2, 2, 2});
        assertArrayEquals(new double[] {2}, histogram.limits());
        assertArrayEquals(new double[] {3}, histogram.counts());
        assertEquals(0, Histogram.of(new double[] {Double.NaN}).count());
    }
}
