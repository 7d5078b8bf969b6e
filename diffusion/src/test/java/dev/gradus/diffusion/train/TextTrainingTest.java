package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.config.DataConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.model.DiTConfig;
import dev.gradus.diffusion.text.TextEncoder;
import dev.gradus.diffusion.text.TextEncoderConfig;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.nn.Module;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class TextTrainingTest {
    private static final TrainListener SILENT = new TrainListener() {};

    @TempDir
    Path temp;

    private TrainConfig config;

    @BeforeEach
    void prepare() throws IOException {
        Path data = temp.resolve("data");
        config = TinyRun.of(TinyRun.writeData(temp.resolve("grey")))
                .config()
                .with(
                        "data",
                        new DataConfig(
                                DataConfig.Format.EMOJI, writeCaptions(data, 24).toString(), 1))
                .with("conditioning.text", new TextEncoderConfig(280, 8, 8, 1, 2, 0))
                .with("model", DiTConfig.defaults().with(c -> {
                    c.sampleSize = 8;
                    c.inChannels = 3;
                    c.hiddenSize = 16;
                    c.depth = 2;
                    c.numHeads = 2;
                    c.crossAttentionDim = 8;
                }))
                .with("conditioning.dropout", 0.2);
    }

    /** Colour images of 8 x 8 in two classes, each with a caption. */
    private static Path writeCaptions(Path folder, int count) throws IOException {
        Files.createDirectories(folder);
        byte[] pixels = new byte[count * 8 * 8 * 3];
        new Random(2).nextBytes(pixels);
        ByteBuffer images = ByteBuffer.allocate(20 + pixels.length)
                .putInt(0x804)
                .putInt(count)
                .putInt(8)
                .putInt(8)
                .putInt(3)
                .put(pixels);
        Files.write(folder.resolve("train-images-idx4-ubyte"), images.array());
        StringBuilder entries = new StringBuilder();
        for (int i = 0; i < count; i++) {
            entries.append(i == 0 ? "" : ",")
                    .append("{\"caption\": \"red face number " + i % 5 + "\", \"class\": " + i % 2 + "}");
        }
        Files.writeString(
                folder.resolve("train-captions.json"), "{\"classes\": [\"a\", \"b\"], \"images\": [" + entries + "]}");
        return folder;
    }

    private static Map<String, byte[]> contents(Path folder) throws IOException {
        Map<String, byte[]> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(folder.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return contents;
    }

    private static float[] weights(Path folder) throws IOException {
        try (var _ = TensorScope.open();
                TextEncoder encoder = TextEncoder.load(folder)) {
            return ((Module) encoder)
                    .stateDict().values().stream()
                            .map(tensor -> tensor.detach().flatten())
                            .reduce((a, b) -> dev.gradus.torch.Torch.cat(List.of(a, b), 0))
                            .orElseThrow()
                            .toFloatArray();
        }
    }

    @Test
    void anAverageThatIsMadeLaterHasAnEncoderOfItsOwn() throws IOException {
        Path run = temp.resolve("run");
        TrainConfig snapshots = config.with("ema.power", List.of(0.05, 0.1)).with("ema.snapshotEvery", 1);
        new Trainer(snapshots, run, SILENT).run();
        PostHocEma ema = PostHocEma.open(RunFolder.existing(run));
        // One that was tracked is met exactly.
        Path made = ema.write(ema.ofDeviation(0.1, 8)).weights();
        assertArrayEquals(
                weights(run.resolve("checkpoints/step-000008/power-0.1/text_encoder")),
                weights(made.resolve("text_encoder")),
                1e-5f);
        try (var _ = TensorScope.open();
                ImageGenerator images = ImageGenerator.open(snapshots, made, Device.cpu())) {
            assertTrue(images.draw(config.sampling(), 1, 0, 2).isfinite().all().itemBoolean());
        }
    }

    @Test
    void theEncoderIsTrainedAveragedAndDrawnWith() throws IOException {
        Path run = temp.resolve("run");
        new Trainer(config, run, SILENT).run();
        Path early = run.resolve("checkpoints/step-000004");
        Path late = run.resolve("checkpoints/step-000008");
        float[] before = weights(early.resolve("model/text_encoder"));
        float[] after = weights(late.resolve("model/text_encoder"));
        float[] average = weights(late.resolve("ema/text_encoder"));
        double moved = 0;
        double apart = 0;
        for (int i = 0; i < before.length; i++) {
            moved = Math.max(moved, Math.abs(after[i] - before[i]));
            apart = Math.max(apart, Math.abs(after[i] - average[i]));
        }
        assertTrue(moved > 1e-4, "moved by " + moved);
        assertTrue(apart > 1e-5, "the average differs by " + apart);
        try (var _ = TensorScope.open();
                ImageGenerator images = ImageGenerator.open(config, late.resolve("ema"), Device.cpu())) {
            images.captions(List.of("red face number 1", "blue"));
            Tensor drawn = images.draw(config.sampling(), 1, 0, 2);
            assertArrayEquals(new long[] {2, 3, 8, 8}, drawn.shape());
            assertTrue(drawn.isfinite().all().itemBoolean());
        }
    }

    @Test
    void aResumedRunHasTheSameBits() throws IOException {
        Path whole = temp.resolve("whole");
        new Trainer(config, whole, SILENT).run();
        Path resumed = temp.resolve("resumed");
        Trainer[] trainer = new Trainer[1];
        trainer[0] = new Trainer(config, resumed, new TrainListener() {
            @Override
            public void stepLogged(StepReport report) {
                if (report.step() == 6) {
                    trainer[0].requestStop();
                }
            }
        });
        trainer[0].run();
        new Trainer(config, resumed, SILENT).run();
        Map<String, byte[]> expected = contents(whole.resolve("checkpoints/step-000008"));
        Map<String, byte[]> found = contents(resumed.resolve("checkpoints/step-000008"));
        assertEquals(expected.keySet(), found.keySet());
        expected.forEach((name, bytes) -> assertArrayEquals(bytes, found.get(name), name));
        assertArrayEquals(
                Files.readAllBytes(whole.resolve("samples/step-000008.png")),
                Files.readAllBytes(resumed.resolve("samples/step-000008.png")));
    }

    @Test
    void imagesWithoutCaptionsAreRefused() {
        TrainConfig grey = config.with(
                        "data",
                        new DataConfig(
                                DataConfig.Format.IDX, temp.resolve("grey").toString(), 1))
                .with("model", ((DiTConfig) config.model()).with(c -> c.inChannels = 1));
        var e = assertThrows(ConfigException.class, () -> new Trainer(grey, temp.resolve("run"), SILENT).run());
        assertTrue(e.getMessage().contains("have no captions"), e.getMessage());
    }

    @Test
    void otherCaptionsThanTheCheckpointsAreRefused() throws IOException {
        Path run = temp.resolve("run");
        new Trainer(config, run, SILENT).run();
        Path captions = temp.resolve("data/train-captions.json");
        Files.writeString(captions, Files.readString(captions).replace("red face", "green feet"));
        var e = assertThrows(RunFolderException.class, () -> new Trainer(config.with("steps", 12), run, SILENT).run());
        assertTrue(e.getMessage().contains("another vocabulary"), e.getMessage());
    }

    @Test
    void theWidthOfTheTextMustBeTheNetworks() {
        var e = assertThrows(
                ConfigException.class, () -> config.with("conditioning.text", TextEncoderConfig.defaults()));
        assertEquals("conditioning.text.width", e.key());
    }
}
