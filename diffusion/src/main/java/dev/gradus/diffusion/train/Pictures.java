package dev.gradus.diffusion.train;

import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.data.ImageGrid;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.objective.Objective;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * Draws the pictures of a run: always the first images of the run's seed, so that they show how the same images get
 * better. A network of its own holds the averaged weights meanwhile; the one that trains is not touched.
 */
final class Pictures implements AutoCloseable {
    private final TrainConfig config;
    private final BooleanSupplier cancelled;
    private final ImageGenerator images;

    /**
     * @param weights the averages of all that is trained
     * @param captions drawn in turn by a network that takes text
     * @param cancelled asked after every denoising step
     */
    Pictures(
            TrainConfig config,
            TrainingState state,
            Map<String, Tensor> weights,
            List<String> captions,
            BooleanSupplier cancelled) {
        this.config = config;
        this.cancelled = cancelled;
        Network network;
        try (Generator generator = Generator.cpu(0)) {
            network = Network.of(config.model(), generator);
        }
        // Not strictly: what is fixed, such as an embedding of positions, has no average.
        network.loadStateDict(Conditioner.ofNetwork(weights), false);
        network.to(state.device);
        network.train(false);
        Kernels.choose(config, network, state.device);
        images = new ImageGenerator(
                network,
                state.conditioner.withWeights(weights, state.device),
                state.conditioner.trainsText(),
                state.schedule,
                Objective.of(config.objective(), state.schedule.path(), config.sigmaData()),
                state.device,
                config.cuda());
        if (!captions.isEmpty()) {
            images.captions(captions);
        }
    }

    /** Some captions of the data, all different, from its begin to its end. */
    static List<String> captions(ImageDataset dataset, int count) {
        Set<String> captions = new LinkedHashSet<>();
        for (int i = 0; dataset.captioned() && i < count; i++) {
            captions.add(dataset.caption(i * dataset.size() / count));
        }
        return new ArrayList<>(captions);
    }

    /**
     * Draws images and writes them to {@code file}.
     *
     * @throws CancellationException if it was cancelled; no file is written then
     */
    void draw(Path file) throws IOException {
        int count = config.sampling().count();
        try (var _ = TensorScope.open()) {
            Tensor drawn = images.draw(config.sampling(), config.seed(), 0, count, step -> {
                if (cancelled.getAsBoolean()) {
                    throw new CancellationException("drawing was cancelled");
                }
            });
            ImageGrid.writePng(
                    file,
                    drawn.toFloatArray(),
                    count,
                    Math.toIntExact(drawn.size(1)),
                    Math.toIntExact(drawn.size(2)),
                    Math.toIntExact(drawn.size(3)));
        }
    }

    @Override
    public void close() {
        images.close();
    }
}
