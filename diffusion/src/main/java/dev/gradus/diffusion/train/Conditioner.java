package dev.gradus.diffusion.train;

import dev.gradus.diffusion.data.Batch;
import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.diffusion.model.ModelConfig;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;

/**
 * What the network is told of the images of a batch while it trains.
 *
 * @param dropout the share of images of which it is told nothing
 */
record Conditioner(ModelConfig model, double dropout) {
    /** All that is known of a batch; owned by the current scope. */
    Conditioning whole(Batch batch) {
        return model.numClassEmbeds() == null ? Conditioning.none() : Conditioning.ofLabels(batch.labels());
    }

    /**
     * What is told of a batch while training; owned by the current scope.
     *
     * @param random on the CPU; draws which images are left out, where any may be
     */
    Conditioning of(Batch batch, Generator random) {
        if (model.numClassEmbeds() == null || dropout == 0) {
            return whole(batch);
        }
        Tensor dropped =
                Torch.rand(random, batch.size()).lt(dropout).to(batch.labels().device());
        return Conditioning.ofLabels(batch.labels().maskedFill(dropped, model.nullClass()));
    }
}
