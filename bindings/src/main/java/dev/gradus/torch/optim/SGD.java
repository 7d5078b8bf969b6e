package dev.gradus.torch.optim;

import dev.gradus.torch.Fused;
import dev.gradus.torch.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Stochastic gradient descent, with momentum as in Sutskever et al., "On the importance of initialization and momentum in
 * deep learning" (2013), in PyTorch's form. The same bits as {@code torch.optim.SGD(fused=True)}.
 */
public final class SGD extends FusedOptimizer<SGD.Options> {
    private static final String MOMENTUM = "momentum_buffer";

    /**
     * What stays the same from step to step.
     *
     * @param momentum how much of the last move is added to the next, at least 0
     * @param dampening how much less of the gradient goes into the momentum
     * @param weightDecay times the parameter is added to the gradient, at least 0
     * @param nesterov whether the gradient is taken ahead of the move; needs a momentum and no dampening
     * @param maximize whether to go up instead of down
     */
    public record Options(double momentum, double dampening, double weightDecay, boolean nesterov, boolean maximize) {
        /** @throws IllegalArgumentException naming the component out of range */
        public Options {
            Checks.notNegative("momentum", momentum);
            Checks.that(Double.isFinite(dampening), "dampening must be finite", dampening);
            Checks.notNegative("weightDecay", weightDecay);
            if (nesterov && (momentum == 0 || dampening != 0)) {
                throw new IllegalArgumentException("nesterov needs a momentum above 0 and no dampening; they are "
                        + momentum + " and " + dampening);
            }
        }

        /** PyTorch's defaults: no momentum, no weight decay. */
        public static Options defaults() {
            return new Options(0, 0, 0, false, false);
        }

        /** The same with another momentum. */
        public Options withMomentum(double value) {
            return new Options(value, dampening, weightDecay, nesterov, maximize);
        }

        /** The same with another dampening. */
        public Options withDampening(double value) {
            return new Options(momentum, value, weightDecay, nesterov, maximize);
        }

        /** The same with another weight decay. */
        public Options withWeightDecay(double value) {
            return new Options(momentum, dampening, value, nesterov, maximize);
        }

        /** The same with or without Nesterov's momentum. */
        public Options withNesterov(boolean value) {
            return new Options(momentum, dampening, weightDecay, value, maximize);
        }

        /** The same going up or down. */
        public Options withMaximize(boolean value) {
            return new Options(momentum, dampening, weightDecay, nesterov, value);
        }
    }

    /** Without momentum. */
    public SGD(Map<String, Tensor> namedParameters, double learningRate) {
        this(namedParameters, learningRate, Options.defaults());
    }

    /**
     * One group of parameters.
     *
     * @param namedParameters the parameters to train, by the names under which {@link #state()} lists what belongs to them
     */
    public SGD(Map<String, Tensor> namedParameters, double learningRate, Options options) {
        super(false);
        addGroup(namedParameters, learningRate, options);
    }

    @Override
    List<String> slots(Options options) {
        return options.momentum() == 0 ? List.of() : List.of(MOMENTUM, STEP);
    }

    /**
     * A step for {@link dev.gradus.torch.GradScaler#stepFused}, which nothing waits for.
     *
     * @param gradScale what the gradients are still to be divided by, in place; null if they were
     * @param foundInf 1 if a gradient is not finite, which leaves the step out, else 0
     */
    public void step(Tensor gradScale, Tensor foundInf) {
        stepAll(gradScale, foundInf);
    }

    @Override
    void step(ParameterGroup<Options> group, Options options, Tensor gradScale, Tensor foundInf) {
        Fused.sgd_(
                group.list(),
                group.state(MOMENTUM),
                group.state(STEP),
                group.learningRate(),
                options.momentum(),
                options.dampening(),
                options.weightDecay(),
                options.nesterov(),
                options.maximize(),
                gradScale,
                foundInf);
    }

    @Override
    Map<String, Object> torchOptions(Options options) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("momentum", options.momentum());
        result.put("dampening", options.dampening());
        result.put("weight_decay", options.weightDecay());
        result.put("nesterov", options.nesterov());
        result.put("maximize", options.maximize());
        return result;
    }
}
