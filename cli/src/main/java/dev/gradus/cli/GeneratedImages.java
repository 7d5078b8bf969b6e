package dev.gradus.cli;

import dev.gradus.diffusion.config.ConfigNames;
import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.data.DataException;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.data.SampleFile;
import dev.gradus.diffusion.eval.ImageSource;
import dev.gradus.diffusion.eval.PictureFolder;
import dev.gradus.diffusion.sampler.SharedBatches;
import dev.gradus.diffusion.train.ImageGenerator;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;

/**
 * Images to be scored.
 *
 * @param source gives them, as the images of the data set that they are compared with: with as many channels, and their classes
 * @param most how many it can give
 * @param height of each
 * @param about where they are from, for the report
 * @param resource frees what they are made by
 */
record GeneratedImages(
        Function<ImageDataset, ImageSource> source, long most, int height, Map<String, String> about, Runnable resource)
        implements AutoCloseable {
    /** Images that a network draws, as many as one likes; with other ranks, where {@code shared} says so. */
    static GeneratedImages draw(TrainConfig config, Path weights, Device device, long seed, SharedBatches shared)
            throws IOException {
        SamplingConfig sampling = config.sampling();
        double guidance = sampling.guidance().scale();
        ImageGenerator generator = ImageGenerator.open(config, weights, device);
        if (guidance != 1 && !generator.canBeGuided()) {
            generator.close();
            throw new UsageException("sampling.guidance.scale is " + guidance + ", but the network in " + weights
                    + " was not trained for guidance; it must be 1");
        }
        String how = ConfigNames.of(sampling.sampler()) + ", " + sampling.steps() + " steps"
                + (guidance == 1 ? "" : ", guidance " + guidance);
        return new GeneratedImages(
                like -> ImageSource.drawn(generator, sampling, seed, like, shared),
                Long.MAX_VALUE,
                generator.model().sampleSize(),
                Map.of("drawn by", weights + ", " + how),
                generator::close);
    }

    /** The pictures of a folder, or the tensor of a file. */
    static GeneratedImages read(Path images) throws IOException {
        Map<String, String> about = Map.of("images in", images.toString());
        if (Files.isDirectory(images)) {
            PictureFolder pictures = new PictureFolder(images);
            return new GeneratedImages(
                    like -> pictures.source(like.channels()), pictures.size(), pictures.height(), about, () -> {});
        }
        Tensor samples = samples(images);
        return new GeneratedImages(
                _ -> ImageSource.of(samples), samples.size(0), Math.toIntExact(samples.size(2)), about, samples::close);
    }

    private static Tensor samples(Path file) throws IOException {
        try (TensorScope scope = TensorScope.open()) {
            return scope.keep(SampleFile.read(file));
        } catch (DataException e) {
            throw new DataException("--images: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        resource.run();
    }
}
