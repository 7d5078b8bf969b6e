package dev.gradus.torch.optim;

import dev.gradus.torch.Fused;
import dev.gradus.torch.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Gradients divided by a running root of their mean square (Hinton, "Neural Networks for Machine Learning", lecture 6e);
 * centered as in Graves, "Generating Sequences With Recurrent Neural Networks" (2013), equations 38 to 45. The same bits as
 * {@code torch.optim.RMSprop(foreach=True)}.
 */
public final class RMSprop extends FusedOptimizer<RMSprop.Options> {
    private static final String SQUARES = "square_avg";
    private static final String MOMENTUM = "momentum_buffer";
    private static final String AVERAGES = "grad_avg";

    /**
     * What stays the same from step to step.
     *
     * @param alpha how much of the average square is kept at each step, in [0, 1)
     * @param eps added to its root, at least 0
     * @param weightDecay times the parameter is added to the gradient, at least 0
     * @param momentum how much of the last move is added to the next, at least 0
     * @param centered whether the gradient is divided by its standard deviation instead
     * @param maximize whether to go up instead of down
     */
    public record Options(
            double alpha, double eps, double weightDecay, double momentum, boolean centered, boolean maximize) {
        /** @throws IllegalArgumentException naming the component out of range */
        public Options {
            Checks.decay("alpha", alpha);
            Checks.notNegative("eps", eps);
            Checks.notNegative("weightDecay", weightDecay);
            Checks.notNegative("momentum", momentum);
        }

        /** PyTorch's defaults: alpha 0.99, eps 1e-8, nothing else. */
        public static Options defaults() {
            return new Options(0.99, 1e-8, 0, 0, false, false);
        }

        /** The same with another alpha. */
        public Options withAlpha(double value) {
            return new Options(value, eps, weightDecay, momentum, centered, maximize);
        }

        /** The same with another eps. */
        public Options withEps(double value) {
            return new Options(alpha, value, weightDecay, momentum, centered, maximize);
        }

        /** The same with another weight decay. */
        public Options withWeightDecay(double value) {
            return new Options(alpha, eps, value, momentum, centered, maximize);
        }

        /** The same with another momentum. */
        public Options withMomentum(double value) {
            return new Options(alpha, eps, weightDecay, value, centered, maximize);
        }

        /** The same centered or not. */
        public Options withCentered(boolean value) {
            return new Options(alpha, eps, weightDecay, momentum, value, maximize);
        }

        /** The same going up or down. */
        public Options withMaximize(boolean value) {
            return new Options(alpha, eps, weightDecay, momentum, centered, value);
        }
    }

    /** With PyTorch's default options. */
    public RMSprop(Map<String, Tensor> namedParameters, double learningRate) {
        this(namedParameters, learningRate, Options.defaults());
    }

    /**
     * One group of parameters.
     *
     * @param namedParameters the parameters to train, by the names under which {@link #state()} lists what belongs to them
     */
    public RMSprop(Map<String, Tensor> namedParameters, double learningRate, Options options) {
        super(false);
        addGroup(namedParameters, learningRate, options);
    }

    @Override
    List<String> slots(Options options) {
        List<String> slots = new ArrayList<>(List.of(STEP, SQUARES));
        if (options.momentum() > 0) {
            slots.add(MOMENTUM);
        }
        if (options.centered()) {
            slots.add(AVERAGES);
        }
        return slots;
    }

    @Override
    void step(ParameterGroup<Options> group, Options options, Tensor gradScale, Tensor foundInf) {
        Fused.rmsprop_(
                group.list(),
                group.state(SQUARES),
                group.state(AVERAGES),
                group.state(MOMENTUM),
                group.state(STEP),
                group.learningRate(),
                options.alpha(),
                options.eps(),
                options.weightDecay(),
                options.momentum(),
                options.maximize());
    }

    @Override
    Map<String, Object> torchOptions(Options options) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("momentum", options.momentum());
        result.put("alpha", options.alpha());
        result.put("eps", options.eps());
        result.put("centered", options.centered());
        result.put("weight_decay", options.weightDecay());
        result.put("maximize", options.maximize());
        return result;
    }
}
