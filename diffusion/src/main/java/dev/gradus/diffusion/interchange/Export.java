package dev.gradus.diffusion.interchange;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.config.ConfigJson;
import dev.gradus.diffusion.config.ScheduleConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.internal.AtomicFiles;
import dev.gradus.diffusion.internal.JsonFiles;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.train.ImageGenerator;
import dev.gradus.torch.ScriptModule;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes a trained network for other programs. */
public final class Export {
    /** The file beside the weights in which {@link Format#SAFETENSORS} tells what they predict; JSON, which is YAML too. */
    public static final String CONFIG = "config.yaml";

    /** The file that {@link Format#TORCHSCRIPT} writes. */
    public static final String SCRIPT = "denoiser.ts";

    private Export() {}

    /** What to write. */
    public enum Format {
        /** A {@link PipelineFolder}. */
        DIFFUSERS,
        /** The network with its weights, as {@link Network#load} reads it, and {@code config.yaml}. */
        SAFETENSORS,
        /** The file {@code denoiser.ts}, a TorchScript module; its methods are {@code forward}, {@code denoise} and {@code about}. */
        TORCHSCRIPT
    }

    /**
     * Writes a folder, which appears as a whole or not at all.
     *
     * @param folder must not be there, or be empty
     * @param config how the network was trained and is to be sampled
     * @param weights the folder of the network, such as {@code ema} in a checkpoint
     * @throws ConfigException naming the first key that the format has no counterpart for; nothing is written then
     * @throws FileAlreadyExistsException if there is a file, or a folder with something in it
     * @throws IOException if the network cannot be read or the folder cannot be written
     */
    public static void write(Format format, Path folder, TrainConfig config, Path weights) throws IOException {
        requireFree(folder);
        if (config.schedule().learned() != ScheduleConfig.Learned.NONE) {
            throw new ConfigException(
                    "schedule.learned", "a schedule that was learned has no counterpart outside of its checkpoint");
        }
        try (Network network = Network.load(weights)) {
            network.train(false);
            TrainConfig complete =
                    config.model().equals(network.config()) ? config : config.with("model", network.config());
            if (format == Format.DIFFUSERS) {
                PipelineFolder.check(config, network.config());
            }
            Files.createDirectories(folder.toAbsolutePath().getParent());
            AtomicFiles.folder(folder, made -> {
                switch (format) {
                    case DIFFUSERS -> PipelineFolder.write(made, config, network);
                    case SAFETENSORS -> {
                        network.save(made);
                        copyTextEncoder(network, weights, made);
                        JsonFiles.write(made.resolve(CONFIG), description(complete));
                    }
                    case TORCHSCRIPT -> {
                        try (ScriptModule module = ScriptedDenoiser.of(complete, network)) {
                            module.save(made.resolve(SCRIPT));
                        }
                    }
                }
            });
        }
    }

    /** What of a configuration belongs to a network that has been trained, and not to where that was done. */
    static ObjectNode description(TrainConfig config) {
        return ConfigJson.of(config).retain("model", "schedule", "objective", "sigmaData", "conditioning", "sampling");
    }

    private static void requireFree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (var entries = Files.list(folder)) {
            if (entries.findAny().isPresent()) {
                throw new FileAlreadyExistsException(folder.toString(), null, "is not empty");
            }
        }
    }

    private static void copyTextEncoder(Network network, Path weights, Path made) throws IOException {
        if (network.config().crossAttentionDim() == null) {
            return;
        }
        Path from = ImageGenerator.textEncoder(weights);
        Path to = Files.createDirectory(made.resolve(ImageGenerator.TEXT_ENCODER));
        List<Path> files;
        try (var entries = Files.list(from)) {
            files = entries.filter(Files::isRegularFile).toList();
        }
        for (Path file : files) {
            Files.copy(file, to.resolve(file.getFileName()));
        }
    }
}
