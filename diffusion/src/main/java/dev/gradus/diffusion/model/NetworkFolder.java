package dev.gradus.diffusion.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.gradus.diffusion.ConfigException;
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
    static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(com.fasterxml.jackson.core.JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** Room for another library's sine. */
    private static final double POS_EMBED_TOLERANCE = 1e-4;

    private NetworkFolder() {}

    static Network load(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new ModelFolderException("there is no model folder " + folder);
        }
        ModelConfig config = readConfig(file(folder, CONFIG));
        Path weights = file(folder, WEIGHTS);
        try (var _ = TensorScope.open();
                Generator generator = Generator.cpu(0)) {
            Map<String, Tensor> values = SafeTensors.load(weights);
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

    private static Path file(Path folder, String name) throws ModelFolderException {
        Path file = folder.resolve(name);
        if (!Files.isRegularFile(file)) {
            throw new ModelFolderException("the model folder " + folder + " has no file " + name);
        }
        return file;
    }

    private static ModelConfig readConfig(Path file) throws IOException {
        JsonNode json;
        try {
            json = JSON.readTree(file.toFile());
        } catch (JsonProcessingException e) {
            throw new ModelFolderException(
                    file + ", line " + e.getLocation().getLineNr() + ": not valid JSON: " + e.getOriginalMessage(), e);
        }
        try {
            return ModelConfig.fromJson(json);
        } catch (ConfigException e) {
            throw new ConfigException(e.key(), e.problem() + " (in " + file + ")");
        }
    }

    static void save(Path folder, ModelConfig config, Map<String, Tensor> weights) throws IOException {
        Files.createDirectories(folder);
        try (var _ = TensorScope.open()) {
            Map<String, Tensor> complete = new LinkedHashMap<>(weights);
            if (config instanceof DiTConfig dit) {
                complete.put(DiT.POS_EMBED, SinCos.grid(dit.hiddenSize(), dit.gridSize()));
            }
            SafeTensors.save(folder.resolve(WEIGHTS), complete, Map.of("format", "pt"));
        }
        byte[] json = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(config.toJson());
        Files.write(folder.resolve(CONFIG), json);
    }
}
