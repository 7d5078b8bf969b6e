package dev.gradus.torch.optim;

import dev.gradus.torch.Tensor;
import java.util.Map;

/**
 * Adam with decoupled weight decay: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019), algorithm 2. The
 * same bits as {@code torch.optim.AdamW(fused=True)}.
 */
public final class AdamW extends AdamFamily<AdamW.Options> {
    /**
     * What stays the same from step to step.
     *
     * @param beta1 how much of the average gradient is kept at each step, in [0, 1)
     * @param beta2 how much of the average squared gradient is kept at each step, in [0, 1)
     * @param eps added to the square root of the average square, at least 0
     * @param weightDecay how much the weights shrink at each step, in units of the learning rate; at least 0
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

        /** Without amsgrad, going down. */
        public Options(double beta1, double beta2, double eps, double weightDecay) {
            this(beta1, beta2, eps, weightDecay, false, false);
        }

        /** PyTorch's defaults: 0.9, 0.999, 1e-8 and 0.01. */
        public static Options defaults() {
            return new Options(0.9, 0.999, 1e-8, 0.01, false, false);
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

    /** With PyTorch's default learning rate, 1e-3: for {@link #step(double)}, which sets it at each step. */
    public AdamW(Map<String, Tensor> namedParameters, Options options) {
        this(namedParameters, 1e-3, options);
    }

    /**
     * One group of parameters.
     *
     * @param namedParameters the parameters to train, by the names under which {@link #state()} lists what belongs to them
     */
    public AdamW(Map<String, Tensor> namedParameters, double learningRate, Options options) {
        super(true);
        addGroup(namedParameters, learningRate, options);
    }
}
