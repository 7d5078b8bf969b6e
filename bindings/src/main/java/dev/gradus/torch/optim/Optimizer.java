package dev.gradus.torch.optim;

import dev.gradus.torch.Tensor;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * What moves parameters along their gradients. It owns its state, which is freed by {@link #close()}; the parameters stay
 * the caller's. A parameter without gradient is left as it is, and so is its state.
 *
 * <pre>{@code
 * try (SGD optimizer = new SGD(model.namedParameters(), 0.1, SGD.Options.defaults().withMomentum(0.9))) {
 *     for (Batch batch : batches) {
 *         try (TensorScope scope = TensorScope.open()) {
 *             optimizer.zeroGrad();
 *             loss(model, batch).backward();
 *             optimizer.step();
 *         }
 *     }
 * }
 * }</pre>
 */
public interface Optimizer extends AutoCloseable {
    /** Moves every parameter that has a gradient: one native call for each group. */
    void step();

    /**
     * A step of all groups with this learning rate, which stays set.
     *
     * @throws IllegalArgumentException if it is negative or not finite
     */
    default void step(double learningRate) {
        setLearningRate(learningRate);
        step();
    }

    /** Removes the gradients of all parameters, so that the next backward pass starts from none. */
    default void zeroGrad() {
        zeroGrad(true);
    }

    /** Removes the gradients of all parameters, or fills them with zeros in place: one native call. */
    void zeroGrad(boolean setToNone);

    /** The sets of parameters that share options, in the order in which they were added. */
    List<? extends ParameterGroup<?>> groups();

    /**
     * Sets the learning rate of all groups.
     *
     * @throws IllegalArgumentException if it is negative or not finite
     */
    default void setLearningRate(double learningRate) {
        List<? extends ParameterGroup<?>> groups = groups();
        for (int i = 0; i < groups.size(); i++) {
            groups.get(i).setLearningRate(learningRate);
        }
    }

    /**
     * Everything that a stopped run needs to go on, besides the options: {@code SLOT.NAME} for every parameter, where the
     * slots are those of PyTorch, {@code exp_avg} for example. The live tensors, not copies.
     */
    SequencedMap<String, Tensor> state();

    /**
     * Copies a state as {@link #state()} gives it into this optimizer. Nothing is changed unless names and shapes fit.
     *
     * @throws IllegalArgumentException naming an entry that is missing, unexpected or of another shape
     */
    void loadState(Map<String, Tensor> source);

    /** Frees the state. The parameters are not touched. */
    @Override
    void close();
}
