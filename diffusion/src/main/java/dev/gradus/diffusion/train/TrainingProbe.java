package dev.gradus.diffusion.train;

import dev.gradus.diffusion.data.Batch;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.objective.DenoisingLoss;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import java.io.IOException;

/**
 * Looks at a network while it trains, for example to measure its loss on images that it does not train on. It is called on
 * the thread that trains, and training is the same with it as without, but for the images that it holds out.
 */
public interface TrainingProbe {
    /** The training loss of a batch, with all that is known of its images. */
    @FunctionalInterface
    interface BatchLoss {
        /** As {@link DenoisingLoss#of}. */
        DenoisingLoss.Loss of(Batch batch, double[] times, Generator noise);
    }

    /** The images to train on. */
    default ImageDataset trainedOn(ImageDataset dataset) {
        return dataset;
    }

    /** Training begins, or goes on, after {@code step} steps; what was seen of later steps will be seen again. */
    default void started(long step) throws IOException {}

    /** Whether to look after {@code step} steps; 0 is before the first one. */
    boolean isDue(long step);

    /**
     * Looks, before a checkpoint of this step is written. The network is in evaluation mode, no gradients are recorded,
     * and a scope is open.
     *
     * @param step steps done
     * @param loss the training loss with the network as it is; borrowed
     * @param device where the network is
     */
    void look(long step, BatchLoss loss, Device device) throws IOException;

    /**
     * A number by which the checkpoint of this step is compared with others where the best are kept ({@code
     * checkpoint.keepBest}), such as the loss on images held out; the lower, the better. Called after {@link #look}.
     *
     * @param step steps done
     * @return NaN for the running average of the training loss
     */
    default double score(long step) throws IOException {
        return Double.NaN;
    }
}
