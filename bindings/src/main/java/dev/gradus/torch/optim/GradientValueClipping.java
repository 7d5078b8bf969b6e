package dev.gradus.torch.optim;

import dev.gradus.torch.Foreach;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorList;
import java.util.Collection;
import java.util.List;

/** Bounds every element of the gradients, in one native call: {@code torch.nn.utils.clip_grad_value_(foreach=True)}. */
public final class GradientValueClipping implements AutoCloseable {
    private final TensorList parameters;
    private final double bound;

    /**
     * @param bound the largest size of an element, at least 0
     * @throws IllegalArgumentException if it is negative or not finite
     */
    public GradientValueClipping(Collection<Tensor> parameters, double bound) {
        Checks.notNegative("the bound", bound);
        this.parameters = TensorList.of(List.copyOf(parameters));
        this.bound = bound;
    }

    /** Limits all elements to [-bound, bound]. */
    public void apply() {
        Foreach.clipGradValue_(parameters, bound);
    }

    /** Frees the list of handles. The parameters are not touched. */
    @Override
    public void close() {
        parameters.close();
    }
}
