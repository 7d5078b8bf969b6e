package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.data.ImageOrder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which images a run sees after it was stopped and gone on with. */
class DataOrderTest {
    /** 30 images in batches of 4: batches run on across the ends of epochs. */
    private static final int IMAGES = 30;

    private static final int BATCH = 4;

    @TempDir
    Path temp;

    /** Notes which labels are asked for, in the order of the batches, for one thread decodes them. */
    private static final class Noting extends WrappedDataset {
        private final List<Long> seen;

        Noting(ImageDataset dataset, List<Long> seen) {
            super(dataset);
            this.seen = seen;
        }

        @Override
        public int label(long index) {
            synchronized (seen) {
                seen.add(index);
            }
            return super.label(index);
        }
    }

    /** The images of the steps that this call makes, as the loader was asked for them. */
    private List<Long> train(TrainConfig config, Path run, int stopAfter) throws IOException {
        List<Long> seen = new ArrayList<>();
        int[] from = new int[1];
        int[] to = new int[1];
        Trainer[] trainer = new Trainer[1];
        trainer[0] = new Trainer(config, run, new TrainListener() {
            @Override
            public void started(long step, long steps, int stages, String device) {
                from[0] = (int) step;
            }

            @Override
            public void stepLogged(StepReport report) {
                to[0] = (int) report.step();
                if (report.step() == stopAfter) {
                    trainer[0].requestStop();
                }
            }
        });
        trainer[0].probe(WrappedDataset.instead(dataset -> new Noting(dataset, seen)));
        trainer[0].run();
        // The loader is some batches ahead when a run is stopped.
        return seen.subList(0, (to[0] - from[0]) * BATCH);
    }

    @Test
    void everyEpochGoesOnWhereItWasStopped() throws IOException {
        TrainConfig config = TinyRun.of(TinyRun.writeData(temp.resolve("data")))
                .steps(4 * IMAGES / BATCH)
                .checkpointEvery(0)
                .config()
                .with("logEvery", 1)
                .with("batchSize", BATCH);
        List<Long> seen = new ArrayList<>();
        // Within each of the four epochs, and at the end of the second.
        for (int stop : new int[] {3, 9, 15, 21, 26, 30}) {
            seen.addAll(train(config, temp.resolve("run"), stop));
        }
        ImageOrder order = new ImageOrder(IMAGES, config.seed());
        assertEquals(LongStream.range(0, 4 * IMAGES).mapToObj(order::at).toList(), seen);
        for (int epoch = 0; epoch < 4; epoch++) {
            assertEquals(
                    LongStream.range(0, IMAGES).boxed().toList(),
                    seen.subList(epoch * IMAGES, (epoch + 1) * IMAGES).stream()
                            .sorted()
                            .toList());
        }
    }
}
