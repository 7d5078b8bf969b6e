package dev.gradus.torch.optim;

import dev.gradus.torch.Autograd;
import dev.gradus.torch.Foreach;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorList;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Adam with decoupled weight decay: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019), algorithm 2. One
 * native call per step, whatever the number of parameters; the same bits as {@code torch.optim.AdamW(fused=True)}.
 *
 * <p>The averages belong to this object and are freed by {@link #close()}; the parameters stay the caller's. A parameter
 * without gradient is left as it is, and so is its state.
 */
public final class AdamW implements AutoCloseable {
    /**
     * What stays the same from step to step.
     *
     * @param beta1 how much of the average gradient is kept at each step, in [0, 1)
     * @param beta2 how much of the average squared gradient is kept at each step, in [0, 1)
     * @param eps added to the square root of the average square, at least 0
     * @param weightDecay how much the weights shrink at each step, in units of the learning rate; at least 0
     */
    public record Options(double beta1, double beta2, double eps, double weightDecay) {
        /** @throws IllegalArgumentException naming the component out of range */
        public Options {
            check(beta1 >= 0 && beta1 < 1, "beta1 must be at least 0 and below 1, is ", beta1);
            check(beta2 >= 0 && beta2 < 1, "beta2 must be at least 0 and below 1, is ", beta2);
            check(eps >= 0 && eps < Double.POSITIVE_INFINITY, "eps must be at least 0 and finite, is ", eps);
            check(
                    weightDecay >= 0 && weightDecay < Double.POSITIVE_INFINITY,
                    "weightDecay must be at least 0 and finite, is ",
                    weightDecay);
        }

        /** PyTorch's defaults: 0.9, 0.999, 1e-8 and 0.01. */
        public static Options defaults() {
            return new Options(0.9, 0.999, 1e-8, 0.01);
        }
    }

    private final Options options;
    private final SequencedMap<String, Tensor> state = new LinkedHashMap<>();
    private final TensorList parameters;
    private final TensorList averages;
    private final TensorList squareAverages;
    private final TensorList steps;

    /**
     * Starts with averages of zero.
     *
     * @param namedParameters the parameters to train, by the names under which {@link #state()} lists what belongs to them
     */
    public AdamW(Map<String, Tensor> namedParameters, Options options) {
        this.options = options;
        List<Tensor> average = new ArrayList<>();
        List<Tensor> squareAverage = new ArrayList<>();
        List<Tensor> step = new ArrayList<>();
        try (var _ = Autograd.noGrad();
                TensorScope scope = TensorScope.open()) {
            namedParameters.forEach((name, parameter) -> {
                average.add(scope.keep(Torch.zerosLike(parameter)));
                squareAverage.add(scope.keep(Torch.zerosLike(parameter)));
                step.add(scope.keep(Torch.zeros(TensorOptions.of(parameter.device()))));
                state.put("exp_avg." + name, average.getLast());
                state.put("exp_avg_sq." + name, squareAverage.getLast());
                state.put("step." + name, step.getLast());
            });
        }
        parameters = TensorList.of(List.copyOf(namedParameters.values()));
        averages = TensorList.of(average);
        squareAverages = TensorList.of(squareAverage);
        steps = TensorList.of(step);
    }

    /**
     * Moves every parameter that has a gradient.
     *
     * @param learningRate of this step, finite and at least 0
     */
    public void step(double learningRate) {
        check(
                learningRate >= 0 && learningRate < Double.POSITIVE_INFINITY,
                "the learning rate must be at least 0 and finite, is ",
                learningRate);
        Foreach.fusedAdamW(
                parameters,
                averages,
                squareAverages,
                steps,
                learningRate,
                options.beta1(),
                options.beta2(),
                options.weightDecay(),
                options.eps());
    }

    /** Removes the gradients of all parameters, so that the next backward pass starts from none. */
    public void zeroGrad() {
        Foreach.zeroGrad(parameters);
    }

    /**
     * Everything that a stopped run needs to go on: {@code exp_avg.NAME}, {@code exp_avg_sq.NAME} and {@code step.NAME} for
     * every parameter. The live tensors, not copies.
     */
    public SequencedMap<String, Tensor> state() {
        return new LinkedHashMap<>(state);
    }

    /**
     * Copies a state as {@link #state()} gives it into this optimizer. Nothing is changed unless names and shapes fit.
     *
     * @throws IllegalArgumentException naming an entry that is missing, unexpected or of another shape
     */
    public void loadState(Map<String, Tensor> source) {
        StateCopy.copy("the optimizer's state", source, state);
    }

    /** Frees the state. The parameters are not touched. */
    @Override
    public void close() {
        parameters.close();
        averages.close();
        squareAverages.close();
        steps.close();
        state.values().forEach(Tensor::close);
    }

    private static void check(boolean condition, String rule, double value) {
        if (!condition) {
            throw new IllegalArgumentException(rule + value);
        }
    }
}
