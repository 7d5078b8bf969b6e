package dev.gradus.diffusion.train;

import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.config.ConfigJson;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.interchange.PipelineFolder;
import dev.gradus.diffusion.model.Network;
import dev.gradus.torch.Generator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/** The network that training begins with: random, or one that was trained before. */
final class InitialNetwork {
    /** What may be otherwise without changing what a weight means. */
    private static final Set<String> MAY_DIFFER = Set.of("sample_size", "dropout", "_diffusers_version");

    private InitialNetwork() {}

    /**
     * Says whether training can begin with what {@code init} names, as far as its configuration tells.
     *
     * @throws ConfigException if there is no such folder, or the network in it is another one than {@code model}
     * @throws IOException if it cannot be read
     */
    static void check(TrainConfig config) throws IOException {
        if (config.init() == null) {
            return;
        }
        Path folder = Path.of(config.init());
        if (!Files.isDirectory(folder)) {
            throw new ConfigException("init", "there is no folder " + folder);
        }
        Optional<String> difference = ConfigJson.difference(
                Network.configOf(network(config)).toJson(), config.model().toJson(), MAY_DIFFER);
        if (difference.isPresent()) {
            throw new ConfigException(
                    "init",
                    "the network in " + folder + " is another one than model: " + difference.get()
                            + "; --init sets model to that of the folder");
        }
    }

    private static Path network(TrainConfig config) throws IOException {
        Path folder = Path.of(config.init());
        return PipelineFolder.open(folder).map(PipelineFolder::network).orElse(folder);
    }

    /**
     * The network, on the CPU. The same numbers are drawn from {@code generator} with and without {@code init}.
     *
     * @throws ConfigException as {@link #check}
     */
    static Network of(TrainConfig config, Generator generator) throws IOException {
        check(config);
        Network network = Network.of(config.model(), generator);
        if (config.init() != null) {
            try (Network given = Network.load(network(config))) {
                network.loadStateDict(given.stateDict());
            } catch (IOException | RuntimeException e) {
                network.close();
                throw e;
            }
        }
        return network;
    }
}
