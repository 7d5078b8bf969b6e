package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.gradus.diffusion.data.Batch;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.data.ImageSubset;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingProbeTest {
    @TempDir
    Path temp;

    private TinyRun tiny;

    @BeforeEach
    void prepare() throws IOException {
        tiny = TinyRun.of(TinyRun.writeData(temp.resolve("data")));
    }

    /** Looks at even steps, twice at each. */
    private static class Recorder implements TrainingProbe {
        final List<Long> steps = new ArrayList<>();
        final List<Double> losses = new ArrayList<>();

        @Override
        public boolean isDue(long step) {
            return step % 2 == 0;
        }

        @Override
        public void look(long step, BatchLoss loss, Device device) {
            steps.add(step);
            for (int i = 0; i < 2; i++) {
                try (Generator noise = Generator.cpu(3)) {
                    Batch batch =
                            new Batch(Torch.zeros(4, 1, 8, 8), Torch.tensor(0L, 0L, 0L, 0L), List.of("", "", "", ""));
                    losses.add(loss.of(batch, new double[] {1, 2, 3, 4}, noise)
                            .mean()
                            .item());
                }
            }
        }
    }

    private Path train(String folder, TrainingProbe probe) throws IOException {
        Trainer trainer = new Trainer(tiny.config(), temp.resolve(folder), new TrainListener() {});
        if (probe != null) {
            trainer.probe(probe);
        }
        trainer.run();
        return temp.resolve(folder).resolve("checkpoints/step-000008");
    }

    @Test
    void seesTheNetworkAtTheStepsThatAreDue() throws IOException {
        Recorder recorder = new Recorder();
        train("run", recorder);
        assertEquals(List.of(0L, 2L, 4L, 6L, 8L), recorder.steps);
    }

    @Test
    void measuresWithoutDropout() throws IOException {
        Recorder recorder = new Recorder();
        train("run", recorder);
        for (int i = 0; i < recorder.losses.size(); i += 2) {
            assertEquals(recorder.losses.get(i), recorder.losses.get(i + 1));
        }
    }

    @Test
    void changesNothingInTheTraining() throws IOException {
        Path without = train("without", null);
        Path with = train("with", new Recorder());
        for (String file : List.of("optimizer.safetensors", "random.safetensors")) {
            assertArrayEquals(Files.readAllBytes(without.resolve(file)), Files.readAllBytes(with.resolve(file)), file);
        }
    }

    @Test
    void imagesHeldOutAreNotTrainedOn() throws IOException {
        Path all = train("all", null);
        Path part = train("part", new Recorder() {
            @Override
            public ImageDataset trainedOn(ImageDataset dataset) {
                return new ImageSubset(dataset, 0, 10);
            }
        });
        byte[] expected = Files.readAllBytes(all.resolve("optimizer.safetensors"));
        assertFalse(Arrays.equals(expected, Files.readAllBytes(part.resolve("optimizer.safetensors"))));
    }
}
