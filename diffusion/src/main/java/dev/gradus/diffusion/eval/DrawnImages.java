package dev.gradus.diffusion.eval;

import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.data.ImageOrder;
import dev.gradus.diffusion.sampler.SamplingListener;
import dev.gradus.diffusion.sampler.SharedBatches;
import dev.gradus.diffusion.train.ImageGenerator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Images that a network draws, conditioned as the images of a data set are. */
final class DrawnImages implements ImageSource {
    private static final int BATCH = 64;
    private static final int BATCH_ON_GPU = 256;

    private final ImageGenerator generator;
    private final SamplingConfig sampling;
    private final long seed;
    private final ImageDataset like;
    private final ImageOrder order;
    private final SplittableRandom noise;
    private final SharedBatches shared;
    private long drawn;

    /** @param shared borrowed */
    DrawnImages(ImageGenerator generator, SamplingConfig sampling, long seed, ImageDataset like, SharedBatches shared) {
        this.shared = shared;
        this.generator = generator;
        this.sampling = sampling;
        this.seed = seed;
        this.like = like;
        this.order = new ImageOrder(like.size(), seed);
        this.noise = new SplittableRandom(seed);
    }

    /** Draws this rank's part of some images, for rank 0, which takes them by {@link #next}. */
    void help(long count) {
        while (drawn < count) {
            next(count - drawn);
        }
    }

    /** Null on other ranks than 0, which draw their batches for it. */
    @Override
    public Tensor next(long most) {
        int size = (int) Math.min(most, generator.device().isCuda() ? BATCH_ON_GPU : BATCH);
        long further = noise.nextLong();
        try (TensorScope scope = TensorScope.open()) {
            Tensor images = shared.next(
                    () -> draw(size, further),
                    size,
                    generator.model().outChannels(),
                    generator.model().sampleSize(),
                    generator.model().sampleSize());
            drawn += size;
            return images == null ? null : scope.promote(images);
        }
    }

    private Tensor draw(int size, long further) {
        int[] labels = new int[size];
        List<String> captions = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            long image = order.at(drawn + i);
            labels[i] = label(image, drawn + i);
            captions.add(like.caption(image));
        }
        return generator.draw(
                sampling,
                generator.noise(seed, drawn, size),
                generator.condition(labels, captions),
                "",
                further,
                SamplingListener.NONE);
    }

    private int label(long image, long number) {
        int classes = generator.classes();
        if (classes == 0) {
            return 0;
        }
        return like.labelled() ? like.label(image) % classes : (int) (number % classes);
    }
}
