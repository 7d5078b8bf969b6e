package dev.gradus.torch.optim;

/**
 * Up to a maximum and down to almost nothing: Smith and Topin, "Super-Convergence" (2018), in the form of
 * {@code torch.optim.lr_scheduler.OneCycleLR}.
 *
 * @param maximum the largest learning rate
 * @param steps of the whole cycle, at least 1; beyond there is none
 * @param rise the part of the steps in which the rate rises, in [0, 1]
 * @param cosine whether it moves along a cosine; else in a straight line
 * @param startDivisor the first rate is the maximum divided by this
 * @param endDivisor the last rate is the first one divided by this
 * @param threePhases whether to go down to the first rate as fast as up, and only then to the last one
 */
public record OneCycle(
        double maximum,
        long steps,
        double rise,
        boolean cosine,
        double startDivisor,
        double endDivisor,
        boolean threePhases)
        implements LearningRate {
    /** @throws IllegalArgumentException naming the component out of range */
    public OneCycle {
        Checks.notNegative("maximum", maximum);
        Checks.atLeast("steps", steps, 1);
        Checks.that(rise >= 0 && rise <= 1, "rise must be in [0, 1]", rise);
        Checks.positive("startDivisor", startDivisor);
        Checks.positive("endDivisor", endDivisor);
    }

    /** PyTorch's defaults: a rise over 30 % of the steps along a cosine, divisors 25 and 10000, two phases. */
    public static OneCycle of(double maximum, long steps) {
        return new OneCycle(maximum, steps, 0.3, true, 25, 1e4, false);
    }

    /** @throws IllegalArgumentException if the step is negative or not below {@link #steps()} */
    @Override
    public double at(long step) {
        Checks.that(
                step >= 0 && step < steps, "the step of a cycle of " + steps + " must be in [0, " + steps + ")", step);
        double first = maximum / startDivisor;
        double last = first / endDivisor;
        double top = rise * steps - 1;
        if (step <= top) {
            return between(first, maximum, step, 0, top);
        }
        if (threePhases) {
            double foot = 2 * rise * steps - 2;
            return step <= foot
                    ? between(maximum, first, step, top, foot)
                    : between(first, last, step, foot, steps - 1);
        }
        return between(maximum, last, step, top, steps - 1);
    }

    private double between(double from, double to, double step, double start, double end) {
        double part = end == start ? 1 : (step - start) / (end - start);
        return cosine ? to + (from - to) / 2 * (1 + Math.cos(Math.PI * part)) : from + (to - from) * part;
    }
}
