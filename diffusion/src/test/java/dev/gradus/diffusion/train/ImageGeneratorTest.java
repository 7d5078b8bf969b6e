package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.model.Network;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageGeneratorTest {
    @TempDir
    private Path folder;

    private TrainConfig config;

    private ImageGenerator generator() throws IOException {
        config = TinyRun.of(folder).config();
        try (Generator random = Generator.cpu(3);
                Network network = Network.of(config.model(), random)) {
            network.save(folder.resolve("ema"));
        }
        return ImageGenerator.open(config, folder.resolve("ema"), Device.cpu());
    }

    private static float[] draw(ImageGenerator images, SamplingConfig sampling, long seed, long first, int count) {
        try (var _ = TensorScope.open()) {
            return images.draw(sampling, seed, first, count).toFloatArray();
        }
    }

    @Test
    void theImagesOfASeedDoNotDependOnTheBatches() throws Exception {
        try (var images = generator();
                var _ = TensorScope.open()) {
            // Across the border of two blocks of noise, 64.
            float[] all = images.noise(7, 60, 10).toFloatArray();
            int size = all.length / 10;
            for (int i = 0; i < 10; i++) {
                float[] one = images.noise(7, 60 + i, 1).toFloatArray();
                assertArrayEquals(Arrays.copyOfRange(all, i * size, (i + 1) * size), one);
                assertFalse(i > 0 && Arrays.equals(one, 0, size, all, 0, size));
            }
            assertFalse(Arrays.equals(all, images.noise(8, 60, 10).toFloatArray()));
        }
    }

    @Test
    void drawingIsDeterminedBySeedAndLeavesOneTensor() throws Exception {
        try (var images = generator()) {
            SamplingConfig noisy = config.sampling().with("sampler", SamplingConfig.Kind.DDPM);
            assertArrayEquals(draw(images, noisy, 1, 5, 3), draw(images, noisy, 1, 5, 3));
            assertFalse(Arrays.equals(draw(images, noisy, 1, 5, 3), draw(images, noisy, 2, 5, 3)));
            try (var _ = TensorScope.open()) {
                long before = Torch.liveHandles();
                images.draw(noisy, 1, 0, 2);
                assertEquals(before + 1, Torch.liveHandles());
            }
        }
    }

    @Test
    void guidanceOfAnUnconditionalNetworkIsRefused() throws Exception {
        try (var images = generator()) {
            SamplingConfig guided = config.sampling().with("guidance.scale", 2.0);
            assertThrows(IllegalArgumentException.class, () -> draw(images, guided, 1, 0, 2));
        }
    }
}
