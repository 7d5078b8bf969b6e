package dev.gradus.diffusion.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.data.ImageOrder;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.diffusion.sampler.SamplingListener;
import dev.gradus.diffusion.train.ImageGenerator;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DrawnImagesTest {
    private static final long SEED = 5;
    private static final SamplingConfig SAMPLING =
            SamplingConfig.defaults().with("steps", 3).with("clip", 0.0);

    @TempDir
    private static Path folder;

    private TensorScope scope;
    private ImageGenerator generator;

    /** A network of 3 classes with random weights, none of them 0. */
    @BeforeEach
    void open() throws IOException {
        scope = TensorScope.open();
        UNet2DConfig model = UNet2DConfig.fashion().with(c -> {
            c.sampleSize = 8;
            c.blockOutChannels = List.of(8);
            c.layersPerBlock = 1;
            c.downBlockTypes = List.of("DownBlock2D");
            c.upBlockTypes = List.of("UpBlock2D");
            // With a channel a group, the norm would take away what the class adds to it.
            c.normNumGroups = 2;
            c.numClassEmbeds = 3;
        });
        try (Generator random = Generator.cpu(3);
                Network network = Network.of(model, random)) {
            network.parameters()
                    .forEach(p -> p.detach().add_(Torch.randn(random, p.shape()).mul(0.1)));
            network.save(folder.resolve("ema"));
        }
        generator = ImageGenerator.open(TrainConfig.defaults(), folder.resolve("ema"), Device.cpu());
    }

    @AfterEach
    void close() {
        generator.close();
        scope.close();
    }

    private float[] drawn(ImageDataset like, int count) throws IOException {
        return ImageSource.drawn(generator, SAMPLING, SEED, like).next(count).toFloatArray();
    }

    private float[] ofLabels(int... labels) {
        Tensor noise = generator.noise(SEED, 0, labels.length);
        List<String> captions = Collections.nCopies(labels.length, "");
        return generator
                .draw(SAMPLING, noise, generator.condition(labels, captions), "", 0, SamplingListener.NONE)
                .toFloatArray();
    }

    @Test
    void classesAreThoseOfTheDataSet() throws Exception {
        ImageDataset corners = new TestImages(30, 8, true, 1);
        ImageOrder order = new ImageOrder(30, SEED);
        int[] labels = new int[10];
        Arrays.setAll(labels, i -> corners.label(order.at(i)));
        float[] expected = ofLabels(labels);
        assertArrayEquals(expected, drawn(corners, 10));
        labels[4] = (labels[4] + 1) % 3;
        assertFalse(Arrays.equals(expected, ofLabels(labels)), "the network does not look at classes");
    }

    @Test
    void withoutLabelsTheClassesComeInTurn() throws Exception {
        assertArrayEquals(ofLabels(0, 1, 2, 0, 1), drawn(new TestImages(30, 8, false, 1), 5));
    }

    @Test
    void batchesFollowOneAnother() throws Exception {
        ImageDataset corners = new TestImages(30, 8, true, 1);
        float[] all = drawn(corners, 64);
        ImageSource source = ImageSource.drawn(generator, SAMPLING, SEED, corners);
        // Convolutions of other batch sizes may round another way.
        assertArrayEquals(Arrays.copyOfRange(all, 0, 10 * 64), source.next(10).toFloatArray(), 1e-5f);
        assertArrayEquals(
                Arrays.copyOfRange(all, 10 * 64, 64 * 64), source.next(54).toFloatArray(), 1e-5f);
    }
}
