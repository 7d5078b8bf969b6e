package dev.gradus.diffusion.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** As many features as Inception has, and how much memory that takes; a minute. */
@Tag("long")
class EvaluatorMemoryTest {
    private static final int DIMS = 2_048;
    private static final int KEPT = 1_500;

    @TempDir
    private Path folder;

    /** Random features: memory does not depend on what they are. */
    private static final class Noise implements FeatureExtractor {
        private final Generator generator = Generator.cpu(1);

        @Override
        public String name() {
            return "noise";
        }

        @Override
        public String identity() {
            return "noise";
        }

        @Override
        public String description() {
            return "noise";
        }

        @Override
        public int dims() {
            return DIMS;
        }

        @Override
        public boolean hasProbabilities() {
            return false;
        }

        @Override
        public Output extract(Tensor images) {
            return new Output(Torch.randn(generator, images.size(0), DIMS), null);
        }

        @Override
        public void close() {
            generator.close();
        }
    }

    /** The formula in {@link Evaluator}. */
    @Test
    void anEvaluationStaysWithinTheStatedMemory() throws Exception {
        ReferenceData reference = ReferenceData.of("corners", new TestImages(3_000, 8, false, 1));
        EvaluationOptions options = EvaluationOptions.defaults()
                .withMetrics(EnumSet.of(Metric.FID, Metric.COVERAGE))
                .withKeptImages(KEPT);
        long square = (long) DIMS * DIMS;
        long stated = 8 * (square + (long) KEPT * DIMS) + 56 * square + 16L * KEPT * DIMS + (128L << 20);
        try (Noise extractor = new Noise();
                TensorScope _ = TensorScope.open()) {
            Tensor image = Torch.zeros(1, 1, 8, 8);
            Files.writeString(Path.of("/proc/self/clear_refs"), "5");
            long before = kilobytes("VmRSS:");
            try (Evaluator evaluator = Evaluator.open(
                    reference, extractor, options, new EvaluationCache(folder), EvaluationProgress.NONE)) {
                Evaluation evaluation = evaluator.evaluate(
                        most -> image.expand(Math.min(most, 250), 1, 8, 8), 5_000, 0, EvaluationProgress.NONE);
                assertEquals(5_000, evaluation.images());
            }
            long peak = (kilobytes("VmHWM:") - before) << 10;
            System.out.printf("stated %d MiB, peak %d MiB%n", stated >> 20, peak >> 20);
            assertTrue(peak < stated, "peak " + peak + " bytes, stated " + stated);
        }
    }

    private static long kilobytes(String key) throws Exception {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith(key))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow();
    }
}
