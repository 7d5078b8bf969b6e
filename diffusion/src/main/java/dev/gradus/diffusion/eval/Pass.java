package dev.gradus.diffusion.eval;

import dev.gradus.diffusion.data.Batch;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.data.Loader;
import dev.gradus.torch.Device;
import dev.gradus.torch.TensorScope;
import java.io.IOException;

/** One pass over all images of a data set, each once, in an order that a seed determines. */
final class Pass {
    private static final int BATCH = 250;

    private Pass() {}

    /** Takes batches that live until it returns. */
    @FunctionalInterface
    interface Action {
        void take(Batch batch) throws IOException;
    }

    static void over(ImageDataset data, long seed, String what, EvaluationProgress progress, Action action)
            throws IOException {
        int size = Math.toIntExact(Math.min(BATCH, data.size()));
        try (Loader loader = new Loader(data, size, Device.cpu(), seed, 0, 1)) {
            for (long done = 0; done < data.size(); done += size) {
                try (var _ = TensorScope.open()) {
                    long rest = Math.min(size, data.size() - done);
                    Batch batch = loader.next();
                    action.take(new Batch(
                            batch.images().narrow(0, 0, rest),
                            batch.labels().narrow(0, 0, rest),
                            batch.captions().subList(0, Math.toIntExact(rest))));
                    progress.update(what, done + rest, data.size());
                }
            }
        }
    }
}
