package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How long training waits for checkpoints. Takes a minute, and wants a machine with a core to spare. */
@Tag("long")
class CheckpointStallTest {
    @TempDir
    Path temp;

    /** The shares of the time between two checkpoints in which training waited for one. */
    private List<Double> waits(boolean background) throws IOException {
        UNet2DConfig model = UNet2DConfig.fashion().with(c -> {
            c.sampleSize = 8;
            c.blockOutChannels = List.of(64, 128, 128);
        });
        TrainConfig config = TinyRun.of(TinyRun.writeData(temp.resolve("data")))
                .steps(100)
                .checkpointEvery(20)
                .config()
                .with("model", model)
                .with("batchSize", 16)
                .with("logEvery", 20)
                .with("checkpoint.background", background);
        List<Double> waits = new ArrayList<>();
        new Trainer(config, temp.resolve("run-" + background), new TrainListener() {
                    @Override
                    public void stepLogged(StepReport report) {
                        if (report.step() > 20) {
                            waits.add(report.checkpointWait());
                        }
                    }
                })
                .run();
        System.out.printf("in the background: %s, waits %s, threads %d%n", background, waits, Torch.getNumThreads());
        return waits;
    }

    @Test
    void trainingWaitsLessThanATwentiethOfTheTimeBetweenTwoCheckpoints() throws IOException {
        assertTrue(waits(true).stream().allMatch(wait -> wait < 0.05));
    }

    @Test
    void itIsTheThreadThatSavesTheTime() throws IOException {
        double background =
                waits(true).stream().mapToDouble(wait -> wait).average().orElseThrow();
        double foreground =
                waits(false).stream().mapToDouble(wait -> wait).average().orElseThrow();
        assertTrue(background < foreground / 2, background + " and " + foreground);
    }
}
