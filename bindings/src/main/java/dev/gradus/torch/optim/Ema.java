package dev.gradus.torch.optim;

import dev.gradus.torch.Autograd;
import dev.gradus.torch.Foreach;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorList;
import dev.gradus.torch.TensorScope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * An exponential moving average of parameters: a second set of weights, beside the ones that are trained. One native call
 * per update, the same bits as {@code torch._foreach_lerp_}.
 *
 * <p>The averages belong to this object and are freed by {@link #close()}; the parameters stay the caller's.
 */
public final class Ema implements AutoCloseable {
    private final SequencedMap<String, Tensor> averages = new LinkedHashMap<>();
    private final TensorList averageList;
    private final TensorList parameterList;

    /** Starts with copies of the parameters. */
    public Ema(Map<String, Tensor> namedParameters) {
        try (var _ = Autograd.noGrad();
                TensorScope scope = TensorScope.open()) {
            namedParameters.forEach((name, parameter) ->
                    averages.put(name, scope.keep(parameter.detach().clone())));
        }
        averageList = TensorList.of(List.copyOf(averages.values()));
        parameterList = TensorList.of(List.copyOf(namedParameters.values()));
    }

    /**
     * {@code average += (1 - decay) (parameter - average)} for all parameters.
     *
     * @param decay how much of the average is kept, in [0, 1]
     * @throws IllegalArgumentException if it is outside
     */
    public void update(double decay) {
        if (!(decay >= 0 && decay <= 1)) {
            throw new IllegalArgumentException("the decay must be from 0 to 1, is " + decay);
        }
        Foreach.lerp_(averageList, parameterList, 1 - decay);
    }

    /**
     * {@code average += weight (parameter - average)} for all parameters, with a weight that is read where it is, so that a
     * captured update can be given another one.
     *
     * @param weight {@code 1 - decay}: a FLOAT64 without dimensions on the device of the parameters
     */
    public void update(Tensor weight) {
        Foreach.lerp_(averageList, parameterList, weight);
    }

    /** The averages by their parameters' names; the live tensors, not copies. */
    public SequencedMap<String, Tensor> parameters() {
        return new LinkedHashMap<>(averages);
    }

    /**
     * Copies averages as {@link #parameters()} gives them into this object. Nothing is changed unless names and shapes fit.
     *
     * @throws IllegalArgumentException naming an entry that is missing, unexpected or of another shape
     */
    public void load(Map<String, Tensor> source) {
        StateCopy.copy("the average of the weights", source, averages);
    }

    /** Frees the averages. The parameters are not touched. */
    @Override
    public void close() {
        averageList.close();
        parameterList.close();
        averages.values().forEach(Tensor::close);
    }
}
