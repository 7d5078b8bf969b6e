package dev.gradus.diffusion.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.ConfigException;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensorsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UNet2DTest {
    private static final UNet2DConfig TINY = UNet2DConfig.fashion().with(c -> {
        c.sampleSize = 8;
        c.blockOutChannels = List.of(8, 8);
        c.layersPerBlock = 1;
        c.downBlockTypes = List.of("DownBlock2D", "DownBlock2D");
        c.upBlockTypes = List.of("UpBlock2D", "UpBlock2D");
    });

    private TensorScope scope;

    @BeforeEach
    void open() {
        Torch.setNumThreads(1);
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static UNet2D network(UNet2DConfig config) {
        try (Generator generator = Generator.cpu(0)) {
            return new UNet2D(config, generator);
        }
    }

    private static String refusal(UNet2D model, Tensor sample, Tensor timestep, Tensor labels) {
        return assertThrows(IllegalArgumentException.class, () -> model.forward(sample, timestep, labels))
                .getMessage();
    }

    @Test
    void inputsThatDoNotFitAreRefusedSayingWhatWould() {
        try (UNet2D model = network(TINY)) {
            Tensor t = Torch.tensor(1L, 2L);
            assertEquals(
                    "the sample must have the shape (B, 1, H, W), has (2, 3, 8, 8)",
                    refusal(model, Torch.zeros(2, 3, 8, 8), t, null));
            assertEquals(
                    "height and width of the sample must be multiples of 2, because 2 levels halve them 1 times; its"
                            + " shape is (2, 1, 8, 7)",
                    refusal(model, Torch.zeros(2, 1, 8, 7), t, null));
            assertEquals(
                    "the timestep must have one value, or one for each of the 3 samples; its shape is (2)",
                    refusal(model, Torch.zeros(3, 1, 8, 8), t, null));
            assertEquals(
                    "class labels are given, but the network is unconditional",
                    refusal(model, Torch.zeros(2, 1, 8, 8), t, t));
        }
        try (UNet2D model = network(TINY.with(c -> c.numClassEmbeds = 4))) {
            Tensor t = Torch.tensor(1L, 2L);
            assertEquals(
                    "the network is conditional on 4 classes and needs class labels",
                    refusal(model, Torch.zeros(2, 1, 8, 8), t, null));
            assertEquals(
                    "there must be one class label for each of the 2 samples; their shape is (3)",
                    refusal(model, Torch.zeros(2, 1, 8, 8), t, Torch.tensor(0L, 1L, 2L)));
        }
    }

    @Test
    void oneTimestepServesAllSamples() {
        try (UNet2D model = network(TINY)) {
            Tensor x = Torch.ones(2, 1, 8, 8);
            assertArrayEquals(
                    model.forward(x, Torch.tensor(5L, 5L)).toFloatArray(),
                    model.forward(x, Torch.tensor(5L)).toFloatArray(),
                    1e-6f);
        }
    }

    @Test
    void aSavedNetworkIsLoadedAgain(@TempDir Path temporary) throws Exception {
        Path folder = temporary.resolve("a/model");
        try (UNet2D model = network(TINY)) {
            model.save(folder);
            try (UNet2D loaded = UNet2D.load(folder)) {
                assertEquals(TINY, loaded.config());
                Map<String, Tensor> weights = loaded.namedParameters();
                model.namedParameters()
                        .forEach((name, tensor) -> assertArrayEquals(
                                tensor.toFloatArray(), weights.get(name).toFloatArray()));
            }
        }
        try (var files = Files.list(folder)) {
            assertEquals(
                    List.of("config.json", "diffusion_pytorch_model.safetensors"),
                    files.map(f -> f.getFileName().toString()).sorted().toList());
        }
    }

    @Test
    void weightsOfAnotherArchitectureAreRefusedWithTheKeyAndBothShapes(@TempDir Path folder) throws Exception {
        try (UNet2D model = network(TINY)) {
            UNet2D.save(folder, TINY.with(c -> c.inChannels = 3), model.stateDict());
            assertEquals(
                    folder.resolve("diffusion_pytorch_model.safetensors") + " does not fit config.json: the weights do"
                            + " not fit the module; of another shape: conv_in.weight is (8, 1, 3, 3), should be (8, 3,"
                            + " 3, 3)",
                    assertThrows(ModelFolderException.class, () -> UNet2D.load(folder))
                            .getMessage());
            Map<String, Tensor> partial = new LinkedHashMap<>(model.stateDict());
            partial.remove("conv_out.bias");
            UNet2D.save(folder, TINY, partial);
            String message = assertThrows(ModelFolderException.class, () -> UNet2D.load(folder))
                    .getMessage();
            assertTrue(message.endsWith("missing: conv_out.bias"), message);
        }
    }

    @Test
    void aFolderWithoutItsFilesIsRefusedByName(@TempDir Path folder) throws Exception {
        assertEquals(
                "there is no model folder " + folder.resolve("none"),
                assertThrows(ModelFolderException.class, () -> UNet2D.load(folder.resolve("none")))
                        .getMessage());
        assertEquals(
                "the model folder " + folder + " has no file config.json",
                assertThrows(ModelFolderException.class, () -> UNet2D.load(folder))
                        .getMessage());
        Files.writeString(folder.resolve("config.json"), "{}");
        assertEquals(
                "the model folder " + folder + " has no file diffusion_pytorch_model.safetensors",
                assertThrows(ModelFolderException.class, () -> UNet2D.load(folder))
                        .getMessage());
    }

    @Test
    void brokenFilesAreRefusedWithTheFileAndThePlace(@TempDir Path folder) throws Exception {
        Path config = folder.resolve("config.json");
        Files.createFile(folder.resolve("diffusion_pytorch_model.safetensors"));
        Files.writeString(config, "{\n \"in_channels\": }");
        assertTrue(assertThrows(IOException.class, () -> UNet2D.load(folder))
                .getMessage()
                .startsWith(config + ", line 2: not valid JSON: "));
        Files.writeString(config, "{\"in_channels\": 1, \"in_channels\": 2}");
        assertTrue(assertThrows(IOException.class, () -> UNet2D.load(folder))
                .getMessage()
                .contains("Duplicate field 'in_channels'"));
        Files.writeString(config, "{\"in_channels\": 0}");
        assertEquals(
                "in_channels: must be at least 1, is 0 (in " + config + ")",
                assertThrows(ConfigException.class, () -> UNet2D.load(folder)).getMessage());
        Files.writeString(config, "");
        assertEquals(
                "config.json: must hold one JSON object (in " + config + ")",
                assertThrows(ConfigException.class, () -> UNet2D.load(folder)).getMessage());
        Files.writeString(config, TINY.toJson().toString());
        assertThrows(SafeTensorsException.class, () -> UNet2D.load(folder));
    }

    @Test
    void forwardLeavesOnlyItsResult() {
        try (UNet2D model = network(TINY)) {
            Tensor x = Torch.ones(2, 1, 8, 8);
            Tensor t = Torch.tensor(1L, 2L);
            long before = LiveHandles.settled();
            Tensor y = model.forward(x, t);
            assertEquals(before + 1, Torch.liveHandles());
            assertArrayEquals(new long[] {2, 1, 8, 8}, y.shape());
        }
    }

    @Test
    void aFailedLoadLeavesNoTensors(@TempDir Path folder) throws Exception {
        try (UNet2D model = network(TINY)) {
            UNet2D.save(folder, TINY.with(c -> c.inChannels = 3), model.stateDict());
            long before = LiveHandles.settled();
            assertThrows(ModelFolderException.class, () -> UNet2D.load(folder));
            assertEquals(before, Torch.liveHandles());
        }
    }
}
