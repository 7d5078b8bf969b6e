package dev.gradus.diffusion.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.schedule.BetaSchedule;
import dev.gradus.torch.Device;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** 60,000 colour images of 64 x 64: as one float64 matrix they would take 5.9 GB. */
class LargeDataTest {
    private static final int DIMENSION = 3 * 64 * 64;
    private static final long MEMORY = 64L << 20;

    /** For what is not a tensor of the estimate: packed panels of the matrix library, the heap of Java. */
    private static final long SLACK = 160L << 20;

    /** Images that cost nothing: windows of one long row of random numbers. */
    private static final class Windows implements ImageDataset {
        private final MemorySegment numbers = MemorySegment.ofArray(new float[(int) size() + DIMENSION]);

        Windows() {
            float[] row = MixtureEntropyTest.random(1, (int) size() + DIMENSION).values()[0];
            MemorySegment.copy(MemorySegment.ofArray(row), 0, numbers, 0, numbers.byteSize());
        }

        @Override
        public long size() {
            return 60_000;
        }

        @Override
        public int channels() {
            return 3;
        }

        @Override
        public int height() {
            return 64;
        }

        @Override
        public int width() {
            return 64;
        }

        @Override
        public void decode(long index, MemorySegment target) {
            MemorySegment.copy(numbers, index * Float.BYTES, target, 0, (long) DIMENSION * Float.BYTES);
        }

        @Override
        public int label(long index) {
            return 0;
        }
    }

    @Test
    void staysFiniteAndWithinItsMemory() throws IOException {
        Path peak = Path.of("/proc/self/clear_refs");
        assumeTrue(Files.isWritable(peak), "this system tells no peak of memory");
        Windows data = new Windows();
        TimeGrid grid = new TimeGrid(BetaSchedule.cosine(1000), 1000);
        List<Transition> transitions =
                IntStream.of(1, 10, 500, 999).mapToObj(grid::transition).toList();
        EntropyOptions options = new EntropyOptions(4, 0, 1, MEMORY, Device.cpu());

        // What the libraries load when they are first used is not of this estimate.
        try (MixtureEntropy small =
                new MixtureEntropy(data, transitions, new EntropyOptions(4, 2000, 1, MEMORY, Device.cpu()))) {
            small.estimate((what, done, total) -> {});
        }

        Files.writeString(peak, "5"); // From here on the peak counts anew.
        long before = resident("VmRSS");
        List<MixtureEstimate> estimates;
        try (MixtureEntropy entropy = new MixtureEntropy(data, transitions, options)) {
            estimates = entropy.estimate((what, done, total) -> {});
        }
        long used = resident("VmHWM") - before;

        assertTrue(used < MEMORY + SLACK, () -> used + " bytes");
        for (int k = 0; k < estimates.size(); k++) {
            MixtureEstimate estimate = estimates.get(k);
            assertTrue(Double.isFinite(estimate.ratio().value()), estimate::toString);
            assertTrue(Double.isFinite(estimate.posterior().value()), estimate::toString);
            assertTrue(estimate.chosen().value() > 0, estimate::toString);
        }
        // Numbers in [-1, 1] have a mean square of 1/3.
        double exact = transitions.getFirst().betweenImages(DIMENSION, DIMENSION / 3.0);
        assertEquals(exact, estimates.getFirst().chosen().value(), 0.01 * exact);
    }

    private static long resident(String key) throws IOException {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            String line = lines.filter(l -> l.startsWith(key + ":")).findFirst().orElseThrow();
            return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
        }
    }
}
