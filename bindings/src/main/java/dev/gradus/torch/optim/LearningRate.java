package dev.gradus.torch.optim;

import java.util.Arrays;
import java.util.List;
import java.util.function.LongToDoubleFunction;

/**
 * A learning rate as a function of the number of steps taken: nothing to save, and a resumed run goes on where it was.
 *
 * <pre>{@code
 * LearningRate rate = LearningRate.sequential(
 *         List.of(LearningRate.linear(1e-3, 0.01, 1, 500), LearningRate.cosine(1e-3, 9500, 0)), 500);
 * optimizer.step(rate.at(step));
 * }</pre>
 *
 * <p>The formulas are those of {@code torch.optim.lr_scheduler}, in closed form: PyTorch computes some of them step by
 * step, which differs by rounding. {@code base} is what PyTorch takes from the optimizer.
 */
@FunctionalInterface
public interface LearningRate {
    /**
     * The learning rate of the step after this many.
     *
     * @param step how many steps were taken, at least 0
     * @throws IllegalArgumentException if it is negative
     */
    double at(long step);

    private static LearningRate of(LongToDoubleFunction rate) {
        return step -> {
            Checks.atLeast("the step", step, 0);
            return rate.applyAsDouble(step);
        };
    }

    /** The same at every step. */
    static LearningRate constant(double base) {
        Checks.notNegative("base", base);
        return of(step -> base);
    }

    /** {@code base factor} for the first {@code steps} steps, then {@code base}: {@code ConstantLR}. */
    static LearningRate constant(double base, double factor, long steps) {
        return lambda(base, step -> step < steps ? factor : 1);
    }

    /**
     * From {@code base startFactor} to {@code base endFactor} in a straight line over {@code steps} steps, then constant:
     * {@code LinearLR}.
     *
     * @param steps at least 1
     */
    static LearningRate linear(double base, double startFactor, double endFactor, long steps) {
        Checks.atLeast("steps", steps, 1);
        return lambda(base, step -> startFactor + (endFactor - startFactor) * Math.min(step, steps) / steps);
    }

    /**
     * Multiplied by {@code gamma} every {@code size} steps: {@code StepLR}.
     *
     * @param size at least 1
     */
    static LearningRate step(double base, long size, double gamma) {
        Checks.atLeast("size", size, 1);
        return lambda(base, step -> Math.pow(gamma, step / size));
    }

    /** Multiplied by {@code gamma} at each of these steps: {@code MultiStepLR}. */
    static LearningRate multiStep(double base, double gamma, long... milestones) {
        long[] sorted = milestones.clone();
        Arrays.sort(sorted);
        return lambda(
                base,
                step -> Math.pow(
                        gamma, Arrays.stream(sorted).filter(m -> m <= step).count()));
    }

    /** Multiplied by {@code gamma} at every step: {@code ExponentialLR}. */
    static LearningRate exponential(double base, double gamma) {
        return lambda(base, step -> Math.pow(gamma, step));
    }

    /**
     * Half a cosine from {@code base} to {@code minimum} in {@code half} steps, then up again, and so on:
     * {@code CosineAnnealingLR} (Loshchilov and Hutter, "SGDR" (2017), equation 5, without restarts).
     *
     * @param half the steps of half a period, at least 1
     */
    static LearningRate cosine(double base, long half, double minimum) {
        Checks.notNegative("base", base);
        Checks.atLeast("half", half, 1);
        return of(step -> minimum + (base - minimum) * (1 + Math.cos(Math.PI * step / half)) / 2);
    }

    /**
     * Half a cosine from {@code base} to {@code minimum}, again and again, each {@code factor} times as long as the one
     * before: {@code CosineAnnealingWarmRestarts} (Loshchilov and Hutter, "SGDR" (2017), equation 5).
     *
     * @param first the steps of the first one, at least 1
     * @param factor at least 1
     */
    static LearningRate cosineRestarts(double base, long first, int factor, double minimum) {
        Checks.notNegative("base", base);
        Checks.atLeast("first", first, 1);
        Checks.atLeast("factor", factor, 1);
        return of(step -> {
            long length = first;
            long inside = step;
            if (factor == 1) {
                inside %= first;
            } else {
                while (inside >= length) {
                    inside -= length;
                    length *= factor;
                }
            }
            return minimum + (base - minimum) * (1 + Math.cos(Math.PI * inside / length)) / 2;
        });
    }

    /**
     * From {@code base} to 0 as a power of what is left of {@code steps}: {@code PolynomialLR}.
     *
     * @param steps at least 1
     */
    static LearningRate polynomial(double base, long steps, double power) {
        Checks.atLeast("steps", steps, 1);
        return lambda(base, step -> Math.pow(1 - (double) Math.min(step, steps) / steps, power));
    }

    /**
     * Up in a straight line to {@code base} at the {@code warmUp}-th step, then down as one over the square root of the
     * step: Vaswani et al., "Attention Is All You Need" (2017), equation 3.
     *
     * @param warmUp at least 1
     */
    static LearningRate inverseSquareRoot(double base, long warmUp) {
        Checks.atLeast("warmUp", warmUp, 1);
        return lambda(base, step -> Math.min((step + 1.0) / warmUp, Math.sqrt(warmUp / (step + 1.0))));
    }

    /** {@code base} times a function of the step: {@code LambdaLR}. */
    static LearningRate lambda(double base, LongToDoubleFunction factor) {
        Checks.notNegative("base", base);
        return of(step -> base * factor.applyAsDouble(step));
    }

    /** {@link OneCycle} with PyTorch's defaults. */
    static LearningRate oneCycle(double maximum, long steps) {
        return OneCycle.of(maximum, steps);
    }

    /** {@code base} times the product of factors, each a learning rate of base 1: {@code ChainedScheduler}. */
    static LearningRate chained(double base, List<LearningRate> factors) {
        List<LearningRate> all = List.copyOf(factors);
        return lambda(base, step -> {
            double product = 1;
            for (LearningRate factor : all) {
                product *= factor.at(step);
            }
            return product;
        });
    }

    /**
     * One after the other, each counting from 0 where it begins: {@code SequentialLR}.
     *
     * @param milestones the steps at which the second one and those after it begin, ascending
     * @throws IllegalArgumentException if they are not ascending, or not one fewer than the rates
     */
    static LearningRate sequential(List<LearningRate> rates, long... milestones) {
        List<LearningRate> all = List.copyOf(rates);
        long[] starts = milestones.clone();
        if (starts.length != all.size() - 1) {
            throw new IllegalArgumentException(all.size() + " learning rates need " + (all.size() - 1)
                    + " milestones, there are " + starts.length);
        }
        for (int i = 0; i < starts.length; i++) {
            Checks.that(starts[i] > (i == 0 ? 0 : starts[i - 1]), "milestones must ascend from above 0", starts[i]);
        }
        return of(step -> {
            int i = 0;
            while (i < starts.length && step >= starts[i]) {
                i++;
            }
            return all.get(i).at(i == 0 ? step : step - starts[i - 1]);
        });
    }
}
