package dev.gradus.torch.optim;

import dev.gradus.torch.Foreach;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorList;
import java.util.Collection;
import java.util.List;

/**
 * Bounds the 2-norm of all gradients together, in one native call: Pascanu et al., "On the difficulty of training recurrent
 * neural networks" (2013). The same bits as {@code torch.nn.utils.clip_grad_norm_(foreach=True)}; the order of the parameters
 * is the order of the sum, so give them in PyTorch's.
 */
public final class GradientClipping implements AutoCloseable {
    private final TensorList parameters;
    private final double maxNorm;

    /**
     * @param maxNorm the largest norm allowed; infinity measures without scaling
     * @throws IllegalArgumentException if it is not greater than 0
     */
    public GradientClipping(Collection<Tensor> parameters, double maxNorm) {
        if (!(maxNorm > 0)) {
            throw new IllegalArgumentException("the largest norm must be greater than 0, is " + maxNorm);
        }
        this.parameters = TensorList.of(List.copyOf(parameters));
        this.maxNorm = maxNorm;
    }

    /**
     * Multiplies all gradients by {@code min(1, maxNorm / (norm + 1e-6))}.
     *
     * @return the norm before, a tensor without dimensions; reading it waits for the device
     */
    public Tensor apply() {
        return Foreach.clipGradNorm_(parameters, maxNorm);
    }

    /** Frees the list of handles. The parameters are not touched. */
    @Override
    public void close() {
        parameters.close();
    }
}
