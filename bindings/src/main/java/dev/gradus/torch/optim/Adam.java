package dev.gradus.torch.optim;

import dev.gradus.torch.Tensor;
import java.util.Map;

/**
 * Adaptive moments: Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1. The same bits as
 * {@code torch.optim.Adam(fused=True)}.
 */
public final class Adam extends AdamFamily<Adam.Options> {
    /**
     * What stays the same from step to step.
     *
     * @param beta1 how much of the average gradient is kept at each step, in [0, 1)
     * @param beta2 how much of the average squared gradient is kept at each step, in [0, 1)
     * @param eps added to the square root of the average square, at least 0
     * @param weightDecay times the parameter is added to the gradient; at least 0
     * @param amsgrad whether to divide by the largest average square so far: Reddi et al., "On the Convergence of Adam and
     *     Beyond" (2018)
     * @param maximize whether to go up instead of down
     */
    public record Options(double beta1, double beta2, double eps, double weightDecay, boolean amsgrad, boolean maximize)
            implements AdamOptions {
        /** @throws IllegalArgumentException naming the component out of range */
        public Options {
            AdamOptions.check(beta1, beta2, eps, weightDecay);
        }

        /** PyTorch's defaults: 0.9, 0.999, 1e-8 and 0. */
        public static Options defaults() {
            return new Options(0.9, 0.999, 1e-8, 0, false, false);
        }

        /** The same with other decays of the averages. */
        public Options withBetas(double first, double second) {
            return new Options(first, second, eps, weightDecay, amsgrad, maximize);
        }

        /** The same with another eps. */
        public Options withEps(double value) {
            return new Options(beta1, beta2, value, weightDecay, amsgrad, maximize);
        }

        /** The same with another weight decay. */
        public Options withWeightDecay(double value) {
            return new Options(beta1, beta2, eps, value, amsgrad, maximize);
        }

        /** The same with or without amsgrad. */
        public Options withAmsgrad(boolean value) {
            return new Options(beta1, beta2, eps, weightDecay, value, maximize);
        }

        /** The same going up or down. */
        public Options withMaximize(boolean value) {
            return new Options(beta1, beta2, eps, weightDecay, amsgrad, value);
        }
    }

    /** With PyTorch's default options. */
    public Adam(Map<String, Tensor> namedParameters, double learningRate) {
        this(namedParameters, learningRate, Options.defaults());
    }

    /**
     * One group of parameters.
     *
     * @param namedParameters the parameters to train, by the names under which {@link #state()} lists what belongs to them
     */
    public Adam(Map<String, Tensor> namedParameters, double learningRate, Options options) {
        super(false);
        addGroup(namedParameters, learningRate, options);
    }
}
