package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.data.Datasets;
import dev.gradus.diffusion.data.ImageDataset;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunEstimateTest {
    @TempDir
    private Path temp;

    private RunEstimate estimate(TrainConfig config) throws IOException {
        return RunEstimate.of(config, data(config));
    }

    private static ImageDataset data(TrainConfig config) throws IOException {
        return Datasets.open(config.data(), 8, false, (_, _, _) -> {});
    }

    private TrainConfig tiny() throws IOException {
        return TinyRun.of(TinyRun.writeData(temp)).config();
    }

    @Test
    void countsParametersAndWhatIsHeldForEach() throws IOException {
        TrainConfig config = tiny();
        RunEstimate estimate = estimate(config);
        long count = estimate.parameters().get("network");
        assertEquals(1, estimate.parameters().size());
        // Weight, gradient, two moments and the average, of four bytes each.
        assertEquals(20 * count, estimate.stateBytes());
        assertEquals(30, estimate.images());
        assertEquals(7.5, estimate.stepsPerEpoch(config));
    }

    /** The straight line from one and two images meets what is measured for more. */
    @Test
    void aStepOfManyImagesTakesWhatIsForetold() throws IOException {
        TrainConfig config = tiny();
        for (int batch : new int[] {8, 32}) {
            TrainConfig whole = config.with("batchSize", batch);
            long foretold = estimate(whole).stepBytes();
            long measured = RunEstimate.measured(whole, data(whole), batch);
            assertEquals(1, (double) foretold / measured, 0.1, foretold + " foretold, " + measured + " measured");
        }
    }

    @Test
    void theMemoryOfAStepIsMoreThanItsActivationsTakeAtLeast() throws IOException {
        TrainConfig config = tiny();
        // Each of the two convolutions of the first block keeps its input: 4 channels of 8 x 8 for each image.
        assertTrue(estimate(config.with("batchSize", 64)).stepBytes() > 64L * 2 * 4 * 8 * 8 * 4);
    }
}
