package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.model.ModelFolderException;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.diffusion.sampler.SamplingListener;
import dev.gradus.diffusion.text.BytePairVocabulary;
import dev.gradus.diffusion.text.TextEncoder;
import dev.gradus.diffusion.text.TextEncoderConfig;
import dev.gradus.diffusion.text.TransformerTextEncoder;
import dev.gradus.torch.Autocast;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
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
    void inBfloat16TheImagesAreNearlyThoseOfFloat32() throws Exception {
        try (var images = generator()) {
            SamplingConfig half = config.sampling().with("precision", SamplingConfig.Precision.BF16);
            float[] exact = draw(images, config.sampling(), 1, 0, 2);
            float[] near = draw(images, half, 1, 0, 2);
            assertFalse(Arrays.equals(exact, near));
            assertArrayEquals(exact, near, 0.05f);
            assertFalse(Autocast.isEnabled(Device.Type.CPU));
        }
    }

    @Test
    void guidanceOfAnUnconditionalNetworkIsRefused() throws Exception {
        try (var images = generator()) {
            SamplingConfig guided = config.sampling().with("guidance.scale", 2.0);
            assertThrows(IllegalArgumentException.class, () -> draw(images, guided, 1, 0, 2));
        }
    }

    /** A network that takes text and classes, and its text encoder, in the folders of a checkpoint. */
    private void saveWithText(int width) throws IOException {
        config = TinyRun.of(folder).config();
        UNet2DConfig model = UNet2DConfig.fashion().with(c -> {
            c.sampleSize = 8;
            c.blockOutChannels = List.of(8);
            c.layersPerBlock = 1;
            c.downBlockTypes = List.of("DownBlock2D");
            c.upBlockTypes = List.of("UpBlock2D");
            // With a channel a group, the norm would take away what class and time add to it.
            c.normNumGroups = 2;
            c.numClassEmbeds = 3;
            c.nullClassEmbed = true;
            c.crossAttentionDim = 8;
        });
        var vocabulary = BytePairVocabulary.train(List.of("a bag", "a boot"), 300, 1);
        var encoderConfig = new TextEncoderConfig(300, 8, width, 1, 2, 0);
        try (var _ = TensorScope.open();
                Generator random = Generator.cpu(3);
                Network network = Network.of(model, random);
                TextEncoder text = new TransformerTextEncoder(encoderConfig, vocabulary, random)) {
            // What ends in zeros at first would not show the text.
            network.parameters()
                    .forEach(p -> p.detach().add_(Torch.randn(random, p.shape()).mul(0.1)));
            text.trainable()
                    .orElseThrow()
                    .parameters()
                    .forEach(p -> p.detach().add_(Torch.randn(random, p.shape()).mul(0.1)));
            network.save(folder.resolve("ema"));
            text.save(folder.resolve("ema").resolve(ImageGenerator.TEXT_ENCODER));
        }
    }

    private float[] draw(ImageGenerator images, double scale, int label, String prompt, String negative) {
        SamplingConfig sampling =
                config.sampling().with("guidance.scale", scale).with("clip", 0.0);
        try (var _ = TensorScope.open()) {
            return images.draw(
                            sampling,
                            images.noise(1, 0, 1),
                            images.condition(new int[] {label}, List.of(prompt)),
                            negative,
                            0,
                            SamplingListener.NONE)
                    .toFloatArray();
        }
    }

    @Test
    void classTextAndNegativeTextAllCount() throws Exception {
        saveWithText(8);
        try (var images = ImageGenerator.open(config, folder.resolve("ema"), Device.cpu())) {
            assertTrue(images.takesText() && images.canBeGuided());
            float[] bag = draw(images, 1, 0, "a bag", "");
            assertFalse(Arrays.equals(bag, draw(images, 1, 1, "a bag", "")));
            assertFalse(Arrays.equals(bag, draw(images, 1, 0, "a boot", "")));
            // The negative text is part of guidance only.
            assertArrayEquals(bag, draw(images, 1, 0, "a bag", "a boot"));
            float[] guided = draw(images, 3, 0, "a bag", "");
            assertFalse(Arrays.equals(bag, guided));
            assertFalse(Arrays.equals(guided, draw(images, 3, 0, "a bag", "a boot")));
        }
    }

    @Test
    void aScaleOfZeroIsTheUnconditionalHalf() throws Exception {
        saveWithText(8);
        try (var images = ImageGenerator.open(config, folder.resolve("ema"), Device.cpu())) {
            // The null class is 2.
            assertArrayEquals(draw(images, 1, 2, "a boot", ""), draw(images, 0, 1, "a bag", "a boot"), 1e-4f);
        }
    }

    @Test
    void captionsAreDrawnInTurn() throws Exception {
        saveWithText(8);
        try (var images = ImageGenerator.open(config, folder.resolve("ema"), Device.cpu())) {
            float[] untold = draw(images, config.sampling(), 1, 3, 1);
            images.captions(List.of("a bag", "a boot"));
            float[] told = draw(images, config.sampling(), 1, 3, 1);
            assertFalse(Arrays.equals(untold, told));
            images.captions(List.of("a boot", "a boot"));
            assertArrayEquals(told, draw(images, config.sampling(), 1, 3, 1));
        }
    }

    @Test
    void aTextEncoderThatIsMissingOrDoesNotFitIsRefused() throws Exception {
        saveWithText(6);
        Path ema = folder.resolve("ema");
        String misfit = assertThrows(ModelFolderException.class, () -> ImageGenerator.open(config, ema, Device.cpu()))
                .getMessage();
        assertTrue(misfit.contains("makes 6 numbers per token") && misfit.endsWith("takes 8"), misfit);
        Files.move(ema.resolve(ImageGenerator.TEXT_ENCODER), folder.resolve("elsewhere"));
        String missing = assertThrows(ModelFolderException.class, () -> ImageGenerator.open(config, ema, Device.cpu()))
                .getMessage();
        assertTrue(missing.contains("no folder text_encoder"), missing);
    }
}
