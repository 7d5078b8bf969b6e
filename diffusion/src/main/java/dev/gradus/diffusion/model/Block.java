package dev.gradus.diffusion.model;

import dev.gradus.torch.Autograd;
import dev.gradus.torch.Checkpoint;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.nn.Module;
import java.util.ArrayList;
import java.util.List;

/**
 * A part of a network whose inner results can be computed again for backward instead of being kept: gradient checkpointing
 * (Chen et al., arXiv 1604.06174).
 */
abstract class Block extends Module {
    private boolean recompute;

    /** Whether inner results are computed again; off at first. */
    final void recompute(boolean on) {
        recompute = on;
    }

    /** What is computed: of the input, what the network is told, and the text, which may be null. */
    @FunctionalInterface
    interface Body {
        Tensor run(Tensor x, Tensor told, TextContext text);
    }

    /** A residual block and the attention after it, which may be null. */
    static Tensor layer(ResnetBlock resnet, ImageAttention attention, Tensor x, Tensor embedding, TextContext text) {
        Tensor y = resnet.forward(x, embedding);
        return attention == null ? y : attention.forward(y, text);
    }

    /** Runs a part, in one of the two ways. */
    final Tensor run(Body body, Tensor x, Tensor told, TextContext text) {
        if (!recompute || !Autograd.isGradEnabled()) {
            return body.run(x, told, text);
        }
        // Whatever belongs to the scope of the forward pass must be an input: it is closed when the part is run again.
        List<Tensor> inputs = new ArrayList<>(List.of(x, told));
        if (text != null) {
            inputs.add(text.tokens());
            if (text.mask() != null) {
                inputs.add(text.mask());
            }
        }
        return Checkpoint.DEFAULT
                .run(
                        given -> List.of(body.run(
                                given.get(0),
                                given.get(1),
                                text == null
                                        ? null
                                        : new TextContext(given.get(2), given.size() > 3 ? given.get(3) : null))),
                        inputs)
                .getFirst();
    }
}
