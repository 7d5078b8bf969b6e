package dev.gradus.torch.optim;

import dev.gradus.torch.Fused;
import dev.gradus.torch.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Adam and AdamW, which differ in what the weight decay does.
 *
 * @param <O> the options, which have other defaults
 */
abstract sealed class AdamFamily<O extends AdamFamily.AdamOptions> extends FusedOptimizer<O> permits Adam, AdamW {
    private static final String AVERAGES = "exp_avg";
    private static final String SQUARES = "exp_avg_sq";
    private static final String MAXIMA = "max_exp_avg_sq";

    /** What the options of both have. */
    sealed interface AdamOptions permits Adam.Options, AdamW.Options {
        double beta1();

        double beta2();

        double eps();

        double weightDecay();

        boolean amsgrad();

        boolean maximize();

        static void check(double beta1, double beta2, double eps, double weightDecay) {
            Checks.decay("beta1", beta1);
            Checks.decay("beta2", beta2);
            Checks.notNegative("eps", eps);
            Checks.notNegative("weightDecay", weightDecay);
        }
    }

    private final boolean decoupled;

    /** Stands in for the rates of the groups during a step; else null. */
    private Tensor rate;

    AdamFamily(boolean decoupled) {
        super(true);
        this.decoupled = decoupled;
    }

    @Override
    final List<String> slots(O options) {
        return options.amsgrad() ? List.of(STEP, AVERAGES, SQUARES, MAXIMA) : List.of(STEP, AVERAGES, SQUARES);
    }

    /**
     * A step for {@link dev.gradus.torch.GradScaler#stepFused}, which nothing waits for.
     *
     * @param gradScale what the gradients are still to be divided by, in place; null if they were
     * @param foundInf 1 if a gradient is not finite, which leaves the step out, else 0
     */
    public final void step(Tensor gradScale, Tensor foundInf) {
        stepAll(gradScale, foundInf);
    }

    /**
     * A step whose rate is read where it is, so that a captured step can be given another one.
     *
     * @param learningRate of all groups, one number on the device of the parameters; a float32 on a GPU, or made one
     * @param gradScale as above
     * @param foundInf as above
     */
    public final void step(Tensor learningRate, Tensor gradScale, Tensor foundInf) {
        rate = learningRate;
        try {
            stepAll(gradScale, foundInf);
        } finally {
            rate = null;
        }
    }

    @Override
    final void step(ParameterGroup<O> group, O options, Tensor gradScale, Tensor foundInf) {
        Fused.adam_(
                group.list(),
                group.state(AVERAGES),
                group.state(SQUARES),
                group.state(MAXIMA),
                group.state(STEP),
                group.learningRate(),
                rate,
                options.beta1(),
                options.beta2(),
                options.eps(),
                options.weightDecay(),
                decoupled,
                options.maximize(),
                gradScale,
                foundInf);
    }

    @Override
    final Map<String, Object> torchOptions(O options) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("betas", List.of(options.beta1(), options.beta2()));
        result.put("eps", options.eps());
        result.put("weight_decay", options.weightDecay());
        result.put("amsgrad", options.amsgrad());
        result.put("maximize", options.maximize());
        result.put("decoupled_weight_decay", decoupled);
        return result;
    }
}
