package dev.gradus.cli;

import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.data.DataException;
import dev.gradus.diffusion.data.ImageGrid;
import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.diffusion.model.UNet2D;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.diffusion.objective.NetworkDenoiser;
import dev.gradus.diffusion.objective.Objective;
import dev.gradus.diffusion.sampler.Sampler;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Draws images and writes them.
 *
 * @param config of which schedule, objective, sampling, seed, device and threads are used
 * @param weights the UNet folder
 * @param noiseFile the file with the tensor {@code noise} to start from; null to draw it
 */
record Sampling(TrainConfig config, Path weights, Path noiseFile) {
    private static final Logger LOGGER = LogManager.getLogger(Sampling.class);
    private static final int BATCH = 64;

    /**
     * Writes the picture, and the values where {@code raw} is not null. A file appears complete or not at all.
     */
    void writeTo(Path picture, Path raw) throws IOException {
        if (config.threads() > 0) {
            Torch.setNumThreads(config.threads());
        }
        try (var _ = TensorScope.open();
                UNet2D network = UNet2D.load(weights)) {
            UNet2DConfig model = network.config();
            requireDrawable(model);
            Tensor samples = draw(network, Devices.resolve(config.device())).to(Device.cpu());
            if (raw != null) {
                SafeTensors.save(raw, Map.of("samples", samples));
            }
            ImageGrid.writePng(
                    picture,
                    samples.toFloatArray(),
                    Math.toIntExact(samples.size(0)),
                    model.outChannels(),
                    Math.toIntExact(samples.size(2)),
                    Math.toIntExact(samples.size(3)));
        }
    }

    private void requireDrawable(UNet2DConfig model) {
        if (model.inChannels() != model.outChannels() || (model.outChannels() != 1 && model.outChannels() != 3)) {
            throw new UsageException("--model: a picture needs 1 or 3 channels in and out; " + weights + " has "
                    + model.inChannels() + " and " + model.outChannels());
        }
    }

    private Tensor draw(UNet2D network, Device device) throws IOException {
        network.to(device);
        network.train(false);
        NoiseSchedule schedule = NoiseSchedule.of(config.schedule());
        Sampler sampler = Sampler.of(config.sampling(), schedule);
        Tensor noise;
        try (Generator start = Generator.cpu(config.seed());
                Generator later = Generator.on(device, config.seed() + 1)) {
            noise = noiseFile != null ? readNoise(network.config()) : drawNoise(network.config(), start);
            List<Tensor> images = new ArrayList<>();
            long count = noise.size(0);
            LOGGER.info(
                    "drawing {} images by {} in {} steps from {}",
                    count,
                    config.sampling().sampler().name().toLowerCase(Locale.ROOT),
                    config.sampling().steps(),
                    weights);
            for (long done = 0; done < count; done += BATCH) {
                long size = Math.min(BATCH, count - done);
                LOGGER.debug("drawing images {} to {} of {}", done + 1, done + size, count);
                Tensor batch = noise.narrow(0, done, size).contiguous().to(device);
                Tensor labels = labels(network.config(), done, size, device);
                Objective objective = Objective.of(config.objective(), schedule.path(), config.sigmaData());
                Denoiser denoiser =
                        new NetworkDenoiser(network, objective, schedule, Conditioning.ofLabels(labels), false);
                images.add(sampler.sample(denoiser, batch, later));
            }
            return Torch.cat(images, 0);
        }
    }

    /** A class-conditional network draws its classes in turn. */
    private static Tensor labels(UNet2DConfig model, long first, long size, Device device) {
        if (model.numClassEmbeds() == null) {
            return null;
        }
        long[] labels = new long[Math.toIntExact(size)];
        Arrays.setAll(labels, i -> (first + i) % model.numClassEmbeds());
        return Torch.tensor(labels).to(device);
    }

    private Tensor drawNoise(UNet2DConfig model, Generator generator) {
        return Torch.randn(
                generator, config.sampling().count(), model.inChannels(), model.sampleSize(), model.sampleSize());
    }

    private Tensor readNoise(UNet2DConfig model) throws IOException {
        try (SafeTensors.File file = SafeTensors.read(noiseFile)) {
            if (!file.names().contains("noise")) {
                throw new DataException(
                        "--noise: " + noiseFile + " has no tensor 'noise', only " + String.join(", ", file.names()));
            }
            long[] shape = file.info("noise").shape();
            long[] wanted = {shape.length > 0 ? shape[0] : 0, model.inChannels(), model.sampleSize(), model.sampleSize()
            };
            if (!Arrays.equals(shape, wanted) || shape[0] < 1) {
                throw new DataException("--noise: 'noise' has the shape " + Arrays.toString(shape) + ", but " + weights
                        + " needs [B, " + wanted[1] + ", " + wanted[2] + ", " + wanted[3] + "]");
            }
            if (!file.info("noise").dtype().isFloatingPoint()) {
                throw new DataException(
                        "--noise: 'noise' is " + file.info("noise").dtype() + ", must be float32");
            }
            return file.tensor("noise").to(DType.FLOAT32);
        }
    }
}
