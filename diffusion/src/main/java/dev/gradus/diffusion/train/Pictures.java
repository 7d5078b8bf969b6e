package dev.gradus.diffusion.train;

import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.data.ImageGrid;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.diffusion.objective.NetworkDenoiser;
import dev.gradus.diffusion.objective.Objective;
import dev.gradus.diffusion.sampler.Sampler;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * Draws the pictures of a run: always from the same noise, so that they show how the same images get better. A network of
 * its own holds the averaged weights meanwhile; the one that trains is not touched.
 */
final class Pictures implements AutoCloseable {
    private final TrainConfig config;
    private final NoiseSchedule schedule;
    private final Device device;
    private final BooleanSupplier cancelled;
    private final Network network;

    /** @param cancelled asked before every denoising step */
    Pictures(TrainConfig config, NoiseSchedule schedule, Device device, BooleanSupplier cancelled) {
        this.config = config;
        this.schedule = schedule;
        this.device = device;
        this.cancelled = cancelled;
        try (Generator generator = Generator.cpu(0)) {
            network = Network.of(config.model(), generator);
        }
        network.to(device);
        network.train(false);
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
        try (var _ = TensorScope.open();
                Generator generator = Generator.on(device, config.seed())) {
            network.loadStateDict(weights);
            Tensor noise = Torch.randn(generator, TensorOptions.of(device), count, channels, size, size);
            Denoiser denoiser = new NetworkDenoiser(
                    network,
                    Objective.of(config.objective(), schedule.path(), config.sigmaData()),
                    schedule,
                    ImageGenerator.inTurn(config.model(), 0, count, device),
                    false);
            pixels = Sampler.of(config.sampling(), schedule)
                    .sample((xt, level) -> step(denoiser, xt, level), noise, generator)
                    .toFloatArray();
        }
        ImageGrid.writePng(file, pixels, count, channels, size, size);
    }

    private Tensor step(Denoiser denoiser, Tensor xt, NoiseLevel level) {
        if (cancelled.getAsBoolean()) {
            throw new CancellationException("drawing was cancelled");
        }
        return denoiser.x0(xt, level);
    }

    @Override
    public void close() {
        network.close();
    }
}
