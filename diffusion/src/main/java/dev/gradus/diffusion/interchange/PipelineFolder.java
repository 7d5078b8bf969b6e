package dev.gradus.diffusion.interchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.interchange.PipelineScheduler.Kind;
import dev.gradus.diffusion.internal.ConfigFields;
import dev.gradus.diffusion.internal.JsonFiles;
import dev.gradus.diffusion.model.ModelConfig;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.model.UNet2DConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A pipeline as a folder, as diffusers' {@code DDPMPipeline} and {@code DDIMPipeline} save it:
 *
 * <pre>
 * model_index.json                    what the pipeline is made of
 * unet/config.json                    the network
 * unet/diffusion_pytorch_model.safetensors
 * scheduler/scheduler_config.json     the noise
 * </pre>
 *
 * The first published ones have all files in one folder.
 *
 * @param network the folder of the network
 * @param scheduler the file that describes the noise
 */
public record PipelineFolder(Path network, Path scheduler) {
    private static final String INDEX = "model_index.json";
    private static final String UNET = "unet";
    private static final String SCHEDULER = "scheduler";
    private static final String SCHEDULER_FILE = "scheduler_config.json";

    /**
     * The parts of a folder.
     *
     * @return empty if it is no pipeline: it has no {@code model_index.json}
     * @throws ConfigException if it is another pipeline than those two, or has further parts
     * @throws IOException if {@code model_index.json} cannot be read
     */
    public static Optional<PipelineFolder> open(Path folder) throws IOException {
        Path index = folder.resolve(INDEX);
        if (!Files.isRegularFile(index)) {
            return Optional.empty();
        }
        JsonFiles.read(index, json -> {
            check(json);
            return json;
        });
        Path unet = folder.resolve(UNET);
        Path scheduler = folder.resolve(SCHEDULER);
        return Optional.of(new PipelineFolder(
                Files.isDirectory(unet) ? unet : folder,
                (Files.isDirectory(scheduler) ? scheduler : folder).resolve(SCHEDULER_FILE)));
    }

    private static void check(JsonNode json) {
        String name = ConfigFields.of(json).raw(ConfigFields.CLASS_NAME) == null
                ? "nothing"
                : json.get(ConfigFields.CLASS_NAME).asText();
        List<String> known = Arrays.stream(Kind.values()).map(Kind::pipeline).toList();
        if (!known.contains(name)) {
            throw new ConfigException(
                    ConfigFields.CLASS_NAME, "only " + String.join(" and ", known) + " are supported, is " + name);
        }
        for (Map.Entry<String, JsonNode> part : json.properties()) {
            JsonNode value = part.getValue();
            boolean present =
                    value.isArray() && value.size() == 2 && !value.get(1).isNull();
            if (present && !part.getKey().equals(UNET) && !part.getKey().equals(SCHEDULER)) {
                throw new ConfigException(
                        part.getKey(),
                        "is no part of a " + name + " here, is " + value.get(1).asText());
            }
        }
    }

    /**
     * Says whether a configuration can be a pipeline that draws the same images.
     *
     * @throws ConfigException naming the first key that diffusers has no counterpart for
     */
    public static void check(TrainConfig config, ModelConfig model) {
        if (!(model instanceof UNet2DConfig)) {
            throw new ConfigException("model.kind", "diffusers' pipelines take a unet, not " + model.kind());
        }
        if (model.crossAttentionDim() != null) {
            throw new ConfigException(
                    "model.crossAttentionDim", "diffusers' DDPM and DDIM pipelines take no network with text");
        }
        if (model.numClassEmbeds() != null) {
            throw new ConfigException(
                    "model.numClassEmbeds", "diffusers' DDPM and DDIM pipelines take no network with classes");
        }
        PipelineScheduler.write(config);
    }

    /**
     * Writes a pipeline, {@code DDPMPipeline} or {@code DDIMPipeline} by the sampler of the configuration.
     *
     * @param folder is made; files in it are replaced
     * @param config of which schedule, objective and sampling are used
     * @throws ConfigException as {@link #check(TrainConfig, ModelConfig)}
     * @throws IOException if it cannot be written
     */
    public static void write(Path folder, TrainConfig config, Network network) throws IOException {
        check(config, network.config());
        Kind kind = Kind.of(config.sampling());
        network.save(folder.resolve(UNET));
        JsonFiles.write(
                Files.createDirectories(folder.resolve(SCHEDULER)).resolve(SCHEDULER_FILE),
                PipelineScheduler.write(config));
        ObjectNode index = JsonNodeFactory.instance.objectNode();
        index.put(ConfigFields.CLASS_NAME, kind.pipeline());
        index.put(ConfigFields.VERSION, ConfigFields.DIFFUSERS);
        index.putArray(SCHEDULER).add("diffusers").add(kind.scheduler());
        index.putArray(UNET).add("diffusers").add("UNet2DModel");
        JsonFiles.write(folder.resolve(INDEX), index);
    }

    /**
     * Why {@link #call} draws other images than this library does, if it does: with {@code trailing} the steps of diffusers' DDIM
     * end T / N below where they begin, in whole numbers, and the next begins elsewhere if N does not divide T.
     */
    public static Optional<String> difference(TrainConfig config) {
        int steps = config.sampling().steps();
        int timesteps = config.schedule().timesteps();
        boolean differs = Kind.of(config.sampling()) == Kind.DDIM
                && config.sampling().stops() == SamplingConfig.Spacing.TRAILING
                && timesteps % steps != 0;
        return differs
                ? Optional.of(
                        "with " + steps + " steps DDIMScheduler draws somewhat other images than Gradus, because that"
                                + " does not divide the " + timesteps + " timesteps; take a number that does")
                : Optional.empty();
    }

    /**
     * The lines of Python that draw images from what {@link #write} wrote as this configuration does: the number of steps, and
     * what else of it is no part of the folder but of the call.
     */
    public static String call(Path folder, TrainConfig config) {
        Kind kind = Kind.of(config.sampling());
        StringBuilder call = new StringBuilder("diffusers." + kind.pipeline() + ".from_pretrained(\"" + folder
                + "\")(num_inference_steps=" + config.sampling().steps());
        if (kind == Kind.DDIM && config.sampling().eta() > 0) {
            call.append(", eta=").append(config.sampling().eta());
        }
        if (kind == Kind.DDIM && config.sampling().clipNoise()) {
            call.append(", use_clipped_model_output=True");
        }
        return call.append(").images").toString();
    }
}
