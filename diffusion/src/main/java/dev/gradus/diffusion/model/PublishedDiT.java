package dev.gradus.diffusion.model;

import dev.gradus.torch.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The published weights of {@link DiT}: a single {@code .pt} file without a configuration, such as {@code
 * DiT-XL-2-256x256.pt}. What it describes follows from the shapes of its tensors, but for the number of heads, which the sizes of
 * the paper have.
 */
final class PublishedDiT {
    private PublishedDiT() {}

    /** Whether a folder has such a file and no configuration beside it. */
    static boolean isIn(Path folder) throws IOException {
        if (!Files.isDirectory(folder) || Files.exists(folder.resolve(NetworkFolder.CONFIG))) {
            return false;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".pt")).count() == 1;
        }
    }

    /**
     * The architecture of a network.
     *
     * @param file for messages
     * @param weights by their published names, {@code pos_embed} included
     * @throws ModelFolderException if they are no DiT's, or the number of heads is not known
     */
    static DiTConfig config(Path file, Map<String, Tensor> weights) throws ModelFolderException {
        long[] patches = shape(file, weights, "x_embedder.proj.weight", 4);
        long[] positions = shape(file, weights, DiT.POS_EMBED, 3);
        long[] last = shape(file, weights, "final_layer.linear.weight", 2);
        int size = Math.toIntExact(patches[0]);
        int patch = Math.toIntExact(patches[2]);
        int channels = Math.toIntExact(patches[1]);
        Tensor classes = weights.get("y_embedder.embedding_table.weight");
        DiTConfig.Size known = Arrays.stream(DiTConfig.Size.values())
                .filter(one -> one.hiddenSize() == size)
                .findFirst()
                .orElseThrow(() -> new ModelFolderException(file + ": how many heads a DiT of " + size
                        + " numbers per token has cannot be told; write " + NetworkFolder.CONFIG + " beside it"));
        return DiTConfig.defaults().size(known).with(c -> {
            c.patchSize = patch;
            c.inChannels = channels;
            c.sampleSize = Math.toIntExact(Math.round(Math.sqrt(positions[1]))) * patch;
            c.depth = Math.toIntExact(weights.keySet().stream()
                    .filter(name -> name.matches("blocks\\.\\d+\\.attn\\.qkv\\.weight"))
                    .count());
            c.mlpRatio = weights.get("blocks.0.mlp.fc1.weight").size(0) / (double) size;
            c.learnSigma = last[0] == 2L * patch * patch * channels;
            // Those that were trained for guidance have one more class, for none; all published ones were.
            c.numClassEmbeds = classes == null ? null : (Integer) Math.toIntExact(classes.size(0));
            c.nullClassEmbed = classes != null && classes.size(0) > 1;
        });
    }

    private static long[] shape(Path file, Map<String, Tensor> weights, String name, int dimensions)
            throws ModelFolderException {
        Tensor tensor = weights.get(name);
        if (tensor == null || tensor.dim() != dimensions || !weights.containsKey("blocks.0.mlp.fc1.weight")) {
            throw new ModelFolderException(file + " has no " + NetworkFolder.CONFIG
                    + " beside it, and is not of a published DiT: it lacks " + name + " in " + dimensions
                    + " dimensions");
        }
        return tensor.shape();
    }
}
