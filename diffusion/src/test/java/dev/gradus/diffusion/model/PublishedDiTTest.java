package dev.gradus.diffusion.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights in the layout of the published ones: a file of {@code torch.save}, by make_goldens.py. */
class PublishedDiTTest {
    private static final Path GOLDEN = Goldens.path("dit-class-sigma");

    @TempDir
    private Path folder;

    private Path copyWeights() throws Exception {
        return Files.copy(GOLDEN.resolve("published.pt"), folder.resolve("DiT-T-4-8x8.pt"));
    }

    @Test
    void theFileHasTheWeightsOfTheGolden() throws Exception {
        copyWeights();
        Files.copy(GOLDEN.resolve("config.json"), folder.resolve("config.json"));
        try (var _ = TensorScope.open();
                Network expected = Network.load(GOLDEN);
                Network published = Network.load(folder)) {
            Map<String, Tensor> weights = published.stateDict();
            assertEquals(expected.stateDict().keySet(), weights.keySet());
            expected.stateDict()
                    .forEach((name, tensor) -> assertArrayEquals(
                            tensor.toFloatArray(), weights.get(name).toFloatArray(), name));
        }
    }

    @Test
    void theArchitectureOfAPublishedSizeFollowsFromItsWeights() throws Exception {
        DiTConfig large = DiTConfig.defaults().size(DiTConfig.Size.S).with(c -> {
            c.sampleSize = 16;
            c.inChannels = 4;
            c.patchSize = 2;
            c.depth = 2;
            c.numClassEmbeds = 11;
            c.nullClassEmbed = true;
            c.learnSigma = true;
        });
        for (DiTConfig config : new DiTConfig[] {
            large,
            large.with(c -> {
                c.numClassEmbeds = null;
                c.nullClassEmbed = false;
                c.learnSigma = false;
                c.mlpRatio = 2;
            })
        }) {
            try (var _ = TensorScope.open();
                    Generator generator = Generator.cpu(0);
                    Network network = Network.of(config, generator)) {
                Map<String, Tensor> weights = new HashMap<>(network.stateDict());
                weights.putAll(network.namedBuffers());
                assertEquals(config, PublishedDiT.config(folder, weights));
            }
        }
    }

    @Test
    void aSizeWhoseHeadsAreNotKnownIsRefused() throws Exception {
        Path file = copyWeights();
        assertEquals(
                file + ": how many heads a DiT of 8 numbers per token has cannot be told; write config.json beside it",
                assertThrows(ModelFolderException.class, () -> Network.load(folder))
                        .getMessage());
    }

    @Test
    void weightsOfSomethingElseAreRefused() {
        assertEquals(
                folder
                        + " has no config.json beside it, and is not of a published DiT: it lacks"
                        + " x_embedder.proj.weight in 4 dimensions",
                assertThrows(ModelFolderException.class, () -> PublishedDiT.config(folder, Map.of()))
                        .getMessage());
    }
}
