package dev.gradus.diffusion.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DiTTest {
    private static final DiTConfig TINY = DiTConfig.fashion().with(c -> {
        c.sampleSize = 8;
        c.hiddenSize = 8;
        c.depth = 1;
    });

    private static Network network(DiTConfig config) {
        try (Generator generator = Generator.cpu(0)) {
            return Network.of(config, generator);
        }
    }

    private static String refusal(Consumer<DiTConfig.Draft> change) {
        return assertThrows(ConfigException.class, () -> TINY.with(change)).getMessage();
    }

    /** The numbers of {@code dit.py}, which are those of the paper's table 1 for the latents of ImageNet. */
    @ParameterizedTest
    @CsvSource({"2, 32865056", "4, 32920448", "8, 33142016"})
    void theSmallSizeHasThePapersNumberOfParameters(int patch, long parameters) {
        DiTConfig config = DiTConfig.defaults().size(DiTConfig.Size.S).with(c -> {
            c.inChannels = 4;
            c.patchSize = patch;
            c.numClassEmbeds = 1001;
            c.nullClassEmbed = true;
            c.learnSigma = true;
        });
        try (Network network = network(config)) {
            assertEquals(parameters, network.parameterCount());
        }
    }

    @Test
    void thePresetHasItsNumberOfParameters() {
        try (Network network = network(DiTConfig.fashion())) {
            assertEquals(1_392_100, network.parameterCount());
        }
    }

    @Test
    void theSummaryCountsTheParametersOfEachPart() {
        try (Network network = network(DiTConfig.fashion())) {
            assertEquals(1_392_100, network.summary().total());
            assertEquals("""
                x_embedder            480
                t_embedder         33,984
                blocks          1,338,624
                final_layer        19,012
                DiT             1,392,100
                """, network.summary().toString());
        }
    }

    @Test
    void aFreshNetworkAnswersZeros() {
        try (var _ = TensorScope.open();
                Network network = network(TINY)) {
            Tensor answer = network.forward(Torch.ones(2, 1, 8, 8), Torch.tensor(3L), Conditioning.none());
            assertArrayEquals(new long[] {2, 1, 8, 8}, answer.shape());
            assertEquals(0, answer.abs().max().item());
        }
    }

    @Test
    void thePositionEmbeddingIsInTheFileThoughNoParameter(@TempDir Path folder) throws Exception {
        try (var _ = TensorScope.open();
                Network network = network(TINY)) {
            Network.save(folder, TINY, network.namedParameters());
            Map<String, Tensor> file = SafeTensors.load(folder.resolve(WeightFiles.SINGLE));
            assertArrayEquals(new long[] {1, 16, 8}, file.get("pos_embed").shape());
            try (Network loaded = Network.load(folder)) {
                assertInstanceOf(DiT.class, loaded);
                assertEquals(TINY, loaded.config());
                assertEquals(network.stateDict().keySet(), loaded.stateDict().keySet());
            }
        }
    }

    @Test
    void weightsWithAnotherPositionEmbeddingAreRefused(@TempDir Path folder) throws Exception {
        try (var _ = TensorScope.open();
                Network network = network(TINY)) {
            network.save(folder);
            Path weights = folder.resolve(WeightFiles.SINGLE);
            Map<String, Tensor> values = SafeTensors.load(weights);
            values.put("pos_embed", values.get("pos_embed").add(0.01));
            SafeTensors.save(weights, values);
            assertEquals(
                    weights + ": pos_embed is not the sine-cosine embedding of 8 x 8 images",
                    assertThrows(ModelFolderException.class, () -> Network.load(folder))
                            .getMessage());
        }
    }

    @Test
    void aUNetIsNotReadFromTheFolderOfADiT(@TempDir Path folder) throws Exception {
        try (Network network = network(TINY)) {
            network.save(folder);
        }
        long before = LiveHandles.settled();
        assertEquals(
                "the model folder " + folder + " holds no UNet",
                assertThrows(ModelFolderException.class, () -> UNet2D.load(folder))
                        .getMessage());
        assertEquals(before, Torch.liveHandles());
    }

    @Test
    void anUnknownKindOfNetworkIsRefused(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("config.json"), "{\"_class_name\": \"VQModel\"}");
        assertEquals(
                "_class_name: must be UNet2DModel, UNet2DConditionModel or DiT, is \"VQModel\" (in "
                        + folder.resolve("config.json") + ")",
                assertThrows(ConfigException.class, () -> Network.load(folder)).getMessage());
    }

    @Test
    void readsTheConfigurationThatItWrites() {
        DiTConfig every = DiTConfig.defaults().size(DiTConfig.Size.XL).with(c -> {
            c.mlpRatio = 3.5;
            c.numClassEmbeds = 11;
            c.nullClassEmbed = true;
            c.crossAttentionDim = 64;
            c.learnSigma = true;
        });
        for (DiTConfig config : List.of(every, DiTConfig.defaults(), DiTConfig.fashion())) {
            assertEquals(config, ModelConfig.fromJson(config.toJson()));
        }
        ObjectNode json = every.toJson();
        json.put("patch_sizes", 3);
        assertEquals(
                "patch_sizes: is not a key of DiT; did you mean 'patch_size'?",
                assertThrows(ConfigException.class, () -> ModelConfig.fromJson(json))
                        .getMessage());
        json.remove("patch_sizes");
        json.put("num_heads", 7);
        assertEquals(
                "num_heads: must divide hidden_size (1152), is 7",
                assertThrows(ConfigException.class, () -> ModelConfig.fromJson(json))
                        .getMessage());
    }

    @Test
    void aComponentOutOfRangeIsRefusedWithTheKeyOfTheRunsConfiguration() {
        assertEquals("model.sampleSize: must be a multiple of patchSize (3), is 8", refusal(c -> c.patchSize = 3));
        assertTrue(refusal(c -> {
                    c.sampleSize = 16384;
                    c.patchSize = 1;
                })
                .startsWith("model.sampleSize: must give at most 1073741824 numbers for the positions of 268435456"));
        assertEquals("model.depth: must be from 1 to 1024, is 0", refusal(c -> c.depth = 0));
        assertEquals("model.numHeads: must be at least 1, is 0", refusal(c -> c.numHeads = 0));
        assertEquals(
                "model.hiddenSize: must be a multiple of 4, for the sines and cosines of two positions, is 6",
                refusal(c -> c.hiddenSize = 6));
        assertTrue(
                refusal(c -> c.mlpRatio = Double.NaN).startsWith("model.mlpRatio: must give at least 1 hidden unit"));
        assertEquals("model.crossAttentionDim: must be at least 1, is 0", refusal(c -> c.crossAttentionDim = 0));
        assertEquals(
                "model.nullClassEmbed: needs numClassEmbeds of at least 2, the last of them for no class, is true",
                refusal(c -> c.nullClassEmbed = true));
    }

    @Test
    void forwardLeavesOnlyItsResult() {
        try (var _ = TensorScope.open();
                Network network = network(TINY)) {
            Tensor x = Torch.ones(2, 1, 8, 8);
            Tensor t = Torch.tensor(1L, 2L);
            long before = LiveHandles.settled();
            network.forward(x, t, Conditioning.none());
            assertEquals(before + 1, Torch.liveHandles());
        }
    }
}
