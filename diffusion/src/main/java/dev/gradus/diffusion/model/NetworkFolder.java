package dev.gradus.diffusion.model;

import dev.gradus.diffusion.internal.JsonFiles;
import dev.gradus.torch.DType;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.io.SafeTensors;
import dev.gradus.torch.nn.StateDictException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** A network as a folder, in the layout of diffusers' {@code save_pretrained}. */
final class NetworkFolder {
    static final String CONFIG = "config.json";

    /** Room for another library's sine. */
    private static final double POS_EMBED_TOLERANCE = 1e-4;

    private NetworkFolder() {}

    static Network load(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new ModelFolderException("there is no model folder " + folder);
        }
        boolean described = Files.isRegularFile(folder.resolve(CONFIG)) || !PublishedDiT.isIn(folder);
        ModelConfig config = described ? readConfig(folder) : null;
        Path weights = WeightFiles.find(folder);
        try (var _ = TensorScope.open();
                Generator generator = Generator.cpu(0)) {
            Map<String, Tensor> values = WeightFiles.load(weights);
            if (!described) {
                config = PublishedDiT.config(weights, values);
            }
            Network model = Network.of(config, generator);
            try {
                checkFixed(model, values, weights);
                model.loadStateDict(values);
            } catch (StateDictException | ModelFolderException e) {
                model.close();
                throw e instanceof ModelFolderException refusal
                        ? refusal
                        : new ModelFolderException(weights + " does not fit " + CONFIG + ": " + e.getMessage(), e);
            }
            return model;
        }
    }

    /** Takes out of {@code values} what is no parameter of the network but follows from its configuration. */
    private static void checkFixed(Network model, Map<String, Tensor> values, Path file) throws ModelFolderException {
        Tensor given = values.remove(DiT.POS_EMBED);
        if (given == null || !(model instanceof DiT)) {
            return;
        }
        Tensor fixed = model.namedBuffers().get(DiT.POS_EMBED);
        if (!Arrays.equals(given.shape(), fixed.shape())
                || given.to(DType.FLOAT32).sub(fixed).abs().max().item() > POS_EMBED_TOLERANCE) {
            throw new ModelFolderException(file + ": " + DiT.POS_EMBED + " is not the sine-cosine embedding of "
                    + model.config().sampleSize() + " x " + model.config().sampleSize() + " images");
        }
    }

    static ModelConfig readConfig(Path folder) throws IOException {
        Path file = folder.resolve(CONFIG);
        if (!Files.isRegularFile(file)) {
            if (PublishedDiT.isIn(folder)) {
                Path weights = WeightFiles.find(folder);
                try (var _ = TensorScope.open()) {
                    return PublishedDiT.config(weights, WeightFiles.load(weights));
                }
            }
            throw new ModelFolderException("the model folder " + folder + " has no file " + CONFIG);
        }
        return JsonFiles.read(file, ModelConfig::fromJson);
    }

    static void save(Path folder, ModelConfig config, Map<String, Tensor> weights) throws IOException {
        Files.createDirectories(folder);
        try (var _ = TensorScope.open()) {
            Map<String, Tensor> complete = new LinkedHashMap<>(weights);
            if (config instanceof DiTConfig dit) {
                complete.put(DiT.POS_EMBED, SinCos.grid(dit.hiddenSize(), dit.gridSize()));
            }
            SafeTensors.save(folder.resolve(WeightFiles.SINGLE), complete, Map.of("format", "pt"));
        }
        JsonFiles.write(folder.resolve(CONFIG), config.toJson());
    }
}
