package dev.gradus.torch.optim;

/**
 * Lowers a learning rate when a metric has stopped to improve: {@code torch.optim.lr_scheduler.ReduceLROnPlateau}. What it
 * has seen is a {@link State}, to be saved with the run.
 *
 * <pre>{@code
 * optimizer.setLearningRate(plateau.step(validationLoss));
 * }</pre>
 */
public final class ReduceOnPlateau {
    /**
     * When to lower the rate, and by how much.
     *
     * @param maximize whether a larger metric is better
     * @param factor by which the rate is multiplied, in (0, 1)
     * @param patience how many times the metric may fail to improve before
     * @param threshold by how much it must change to have improved
     * @param relative whether the threshold is a part of the best metric; else it is a difference
     * @param cooldown how many times failures do not count after the rate was lowered
     * @param minimum below which the rate does not go
     * @param eps a change not larger than this is not made
     */
    public record Options(
            boolean maximize,
            double factor,
            long patience,
            double threshold,
            boolean relative,
            long cooldown,
            double minimum,
            double eps) {
        /** @throws IllegalArgumentException naming the component out of range */
        public Options {
            Checks.that(factor > 0 && factor < 1, "factor must be above 0 and below 1", factor);
            Checks.atLeast("patience", patience, 0);
            Checks.notNegative("threshold", threshold);
            Checks.atLeast("cooldown", cooldown, 0);
            Checks.notNegative("minimum", minimum);
            Checks.notNegative("eps", eps);
        }

        /** PyTorch's defaults: a tenth after 10 failures to fall by 1e-4 of the best. */
        public static Options defaults() {
            return new Options(false, 0.1, 10, 1e-4, true, 0, 0, 1e-8);
        }

        /** The same for a metric that should grow or fall. */
        public Options withMaximize(boolean value) {
            return new Options(value, factor, patience, threshold, relative, cooldown, minimum, eps);
        }

        /** The same with another factor. */
        public Options withFactor(double value) {
            return new Options(maximize, value, patience, threshold, relative, cooldown, minimum, eps);
        }

        /** The same with another patience. */
        public Options withPatience(long value) {
            return new Options(maximize, factor, value, threshold, relative, cooldown, minimum, eps);
        }

        /** The same with another cooldown. */
        public Options withCooldown(long value) {
            return new Options(maximize, factor, patience, threshold, relative, value, minimum, eps);
        }
    }

    /**
     * What was seen so far.
     *
     * @param learningRate the rate now
     * @param best the best metric
     * @param failures how many times in a row it did not improve
     * @param cooldownLeft how many times failures will not count yet
     */
    public record State(double learningRate, double best, long failures, long cooldownLeft) {}

    private final Options options;
    private State state;

    /** Starts at this learning rate, having seen nothing. */
    public ReduceOnPlateau(double learningRate, Options options) {
        Checks.notNegative("the learning rate", learningRate);
        this.options = options;
        state = new State(learningRate, options.maximize() ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY, 0, 0);
    }

    /**
     * Takes a metric into account, of an epoch for example.
     *
     * @return the learning rate from now on
     */
    public double step(double metric) {
        double rate = state.learningRate();
        double best = state.best();
        long failures = state.failures() + 1;
        long cooldown = state.cooldownLeft();
        if (isBetter(metric, best)) {
            best = metric;
            failures = 0;
        }
        if (cooldown > 0) {
            cooldown--;
            failures = 0;
        }
        if (failures > options.patience()) {
            double lower = Math.max(rate * options.factor(), options.minimum());
            if (rate - lower > options.eps()) {
                rate = lower;
            }
            cooldown = options.cooldown();
            failures = 0;
        }
        state = new State(rate, best, failures, cooldown);
        return rate;
    }

    private boolean isBetter(double metric, double best) {
        if (options.maximize()) {
            return metric > (options.relative() ? best * (1 + options.threshold()) : best + options.threshold());
        }
        return metric < (options.relative() ? best * (1 - options.threshold()) : best - options.threshold());
    }

    /** The learning rate now. */
    public double learningRate() {
        return state.learningRate();
    }

    /** What was seen so far, to be saved. */
    public State state() {
        return state;
    }

    /** Goes on from a saved state. */
    public void loadState(State saved) {
        state = java.util.Objects.requireNonNull(saved, "saved");
    }
}
