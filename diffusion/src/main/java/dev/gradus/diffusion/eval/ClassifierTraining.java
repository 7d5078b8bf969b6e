package dev.gradus.diffusion.eval;

import dev.gradus.diffusion.data.Batch;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.data.ImageOrder;
import dev.gradus.diffusion.data.Loader;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.optim.AdamW;
import dev.gradus.torch.optim.LearningRate;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * Trains the classifier of the embedded features on nine tenths of a data set, and measures it on the rest. Part of version
 * 1: a change here needs a new version.
 */
final class ClassifierTraining {
    static final long SEED = 1;

    private static final int BATCH = 128;
    private static final double LEARNING_RATE = 5e-3;
    private static final int MOST_EPOCHS = 20;

    /** Images shown in all: three epochs of Fashion-MNIST. Of images above 32 x 32 fewer, as each costs more. */
    private static final long SHOWN = 162_000;

    private static final long SHOWN_PIXELS = SHOWN * 32 * 32;

    private final ImageDataset training;
    private final ImageDataset heldOut;
    private final SmallClassifier network;

    ClassifierTraining(ImageDataset images, SmallClassifier network) {
        long count = images.size() - images.size() / 10;
        ImageOrder order = new ImageOrder(images.size(), SEED);
        this.training = new Part(images, order, 0, count);
        this.heldOut = count == images.size() ? training : new Part(images, order, count, images.size() - count);
        this.network = network;
    }

    /** Some images of another data set, from a place in an order on. */
    private record Part(ImageDataset all, ImageOrder order, long start, long size) implements ImageDataset {
        @Override
        public int channels() {
            return all.channels();
        }

        @Override
        public int height() {
            return all.height();
        }

        @Override
        public int width() {
            return all.width();
        }

        @Override
        public void decode(long index, MemorySegment target) {
            all.decode(order.at(start + index), target);
        }

        @Override
        public int label(long index) {
            return all.label(order.at(start + index));
        }
    }

    /**
     * Trains the network; returns the share of held-out images that it tells right. On one thread, for sums by several round
     * another way, and the scores of one machine must not depend on how many a run was given.
     */
    double run(EvaluationProgress progress) throws IOException {
        int threads = Torch.getNumThreads();
        Torch.setNumThreads(1);
        try {
            train(progress);
            return accuracy();
        } finally {
            Torch.setNumThreads(threads);
        }
    }

    private void train(EvaluationProgress progress) throws IOException {
        long pixels = (long) training.height() * training.width();
        long shown = Math.min(Math.min(SHOWN, SHOWN_PIXELS / pixels), MOST_EPOCHS * training.size());
        long steps = Math.max(2, shown / BATCH);
        LearningRate rate = LearningRate.oneCycle(LEARNING_RATE, steps);
        network.train();
        try (AdamW optimizer = new AdamW(network.namedParameters(), LEARNING_RATE, AdamW.Options.defaults());
                Loader loader = new Loader(training, BATCH, Device.cpu(), SEED, 0, 1)) {
            for (long step = 0; step < steps; step++) {
                try (var _ = TensorScope.open()) {
                    Batch batch = loader.next();
                    Tensor logits = network.logits(network.features(batch.images()));
                    optimizer.zeroGrad();
                    F.crossEntropy(logits, batch.labels()).backward();
                    optimizer.step(rate.at(step));
                }
                progress.update("training the classifier of the features", (step + 1) * BATCH, steps * BATCH);
            }
        }
    }

    private double accuracy() throws IOException {
        network.eval();
        long[] right = new long[1];
        try (var _ = Autograd.noGrad()) {
            Pass.over(heldOut, SEED, "testing the classifier of the features", EvaluationProgress.NONE, batch -> {
                Tensor found = network.logits(network.features(batch.images())).argmax(1, false);
                right[0] += found.eq(batch.labels()).sum().itemLong();
            });
        }
        return (double) right[0] / heldOut.size();
    }
}
