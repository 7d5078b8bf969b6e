package dev.gradus.diffusion.train;

import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.data.ImageGrid;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.objective.Objective;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * Draws the pictures of a run: always the first images of the run's seed, so that they show how the same images get better. A network of
 * its own holds the averaged weights meanwhile; the one that trains is not touched.
 */
final class Pictures implements AutoCloseable {
    private final TrainConfig config;
    private final BooleanSupplier cancelled;
    private final Network network;
    private final ImageGenerator images;

    /** @param cancelled asked after every denoising step */
    Pictures(TrainConfig config, NoiseSchedule schedule, Device device, BooleanSupplier cancelled) {
        this.config = config;
        this.cancelled = cancelled;
        try (Generator generator = Generator.cpu(0)) {
            network = Network.of(config.model(), generator);
        }
        network.to(device);
        network.train(false);
        Objective objective = Objective.of(config.objective(), schedule.path(), config.sigmaData());
        images = new ImageGenerator(network, null, schedule, objective, device);
    }

    /**
     * Draws images with these weights and writes them to {@code file}.
     *
     * @throws CancellationException if it was cancelled; no file is written then
     */
    void draw(Map<String, Tensor> weights, Path file) throws IOException {
        int size = config.model().sampleSize();
        int channels = config.model().outChannels();
        int count = config.sampling().count();
        float[] pixels;
        try (var _ = TensorScope.open()) {
            network.loadStateDict(weights);
            pixels = images.draw(config.sampling(), config.seed(), 0, count, step -> stopIfCancelled())
                    .toFloatArray();
        }
        ImageGrid.writePng(file, pixels, count, channels, size, size);
    }

    private void stopIfCancelled() {
        if (cancelled.getAsBoolean()) {
            throw new CancellationException("drawing was cancelled");
        }
    }

    @Override
    public void close() {
        images.close();
    }
}
