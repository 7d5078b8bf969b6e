package dev.gradus.diffusion.train;

import dev.gradus.diffusion.text.TokenBatch;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a training step reads of a batch, on the device.
 *
 * @param images (B, C, H, W) float32
 * @param labels (B) int64
 * @param tokens of the captions; null for a network that takes no text
 */
record StepInput(Tensor images, Tensor labels, TokenBatch tokens) {
    /** B. */
    int size() {
        return Math.toIntExact(images.size(0));
    }

    /** A part of the batch; views. */
    StepInput narrow(int from, int count) {
        return new StepInput(
                images.narrow(0, from, count),
                labels.narrow(0, from, count),
                tokens == null
                        ? null
                        : new TokenBatch(
                                tokens.ids().narrow(0, from, count),
                                tokens.mask().narrow(0, from, count)));
    }

    private List<Tensor> all() {
        List<Tensor> all = new ArrayList<>(List.of(images, labels));
        if (tokens != null) {
            all.add(tokens.ids());
            all.add(tokens.mask());
        }
        return all;
    }

    /** A copy that stays until {@link #close}. */
    StepInput copy() {
        try (TensorScope scope = TensorScope.open();
                var _ = Autograd.noGrad()) {
            return new StepInput(
                    scope.keep(images.clone()),
                    scope.keep(labels.clone()),
                    tokens == null
                            ? null
                            : new TokenBatch(
                                    scope.keep(tokens.ids().clone()),
                                    scope.keep(tokens.mask().clone())));
        }
    }

    /** Whether another batch has the same shapes. */
    boolean fits(StepInput other) {
        List<Tensor> mine = all();
        List<Tensor> others = other.all();
        boolean same = mine.size() == others.size();
        for (int i = 0; same && i < mine.size(); i++) {
            same = Arrays.equals(mine.get(i).shape(), others.get(i).shape());
        }
        return same;
    }

    /** Copies another batch of the same shapes into this one. */
    void set(StepInput other) {
        try (var _ = Autograd.noGrad()) {
            List<Tensor> mine = all();
            List<Tensor> others = other.all();
            for (int i = 0; i < mine.size(); i++) {
                mine.get(i).copy_(others.get(i));
            }
        }
    }

    /** Frees what {@link #copy} made. */
    void close() {
        all().forEach(Tensor::close);
    }
}
