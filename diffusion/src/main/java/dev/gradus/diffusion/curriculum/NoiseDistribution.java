package dev.gradus.diffusion.curriculum;

import dev.gradus.diffusion.config.NoiseConfig;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.statistics.distribution.NormalDistribution;

/**
 * Which times ordinary training draws, as a distribution on the axis of t. On a discrete schedule the axis is [0, T), and the
 * timestep is the whole part of what was drawn.
 */
public final class NoiseDistribution {
    private static final NormalDistribution NORMAL = NormalDistribution.of(0, 1);

    private final double from;
    private final double to;
    private final boolean discrete;
    private final boolean uniform;
    private final DoubleUnaryOperator quantile;
    private final DoubleUnaryOperator cumulative;

    private NoiseDistribution(
            NoiseSchedule schedule, boolean uniform, DoubleUnaryOperator quantile, DoubleUnaryOperator cumulative) {
        this.from = from(schedule);
        this.to = to(schedule);
        this.discrete = schedule.isDiscrete();
        this.uniform = uniform;
        this.quantile = quantile;
        this.cumulative = cumulative;
    }

    private static double from(NoiseSchedule schedule) {
        return schedule.isDiscrete() ? 0 : schedule.tMin();
    }

    private static double to(NoiseSchedule schedule) {
        return schedule.isDiscrete() ? schedule.timesteps() : schedule.tMax();
    }

    /** Every t alike (Ho et al., arXiv 2006.11239, algorithm 1). On EDM's schedule that is uniform in ln sigma. */
    public static NoiseDistribution uniform(NoiseSchedule schedule) {
        double from = from(schedule);
        double length = to(schedule) - from;
        return new NoiseDistribution(schedule, true, p -> from + p * length, t -> (t - from) / length);
    }

    /**
     * ln(sigma / alpha) is normal (Karras et al., arXiv 2206.00364, table 1: mean -1.2, deviation 1.2). What lies outside of
     * the schedule is drawn at its ends.
     *
     * @param deviation greater than 0
     */
    public static NoiseDistribution logNormal(NoiseSchedule schedule, double mean, double deviation) {
        requirePositive(deviation);
        // A noise level belongs to the nearest timestep, which is half a timestep from where the axis has it begin.
        double half = schedule.isDiscrete() ? 0.5 : 0;
        return new NoiseDistribution(
                schedule,
                false,
                p -> schedule.timeOf(-2 * (mean + deviation * NORMAL.inverseCumulativeProbability(p))) + half,
                t -> {
                    double time = Math.clamp(t - half, schedule.tMin(), schedule.tMax());
                    return NORMAL.cumulativeProbability((-schedule.at(time).logSnr() / 2 - mean) / deviation);
                });
    }

    /**
     * The logit of t, with t scaled to (0, 1), is normal (Esser et al., arXiv 2403.03206, section 3.1).
     *
     * @param deviation greater than 0
     */
    public static NoiseDistribution logitNormal(NoiseSchedule schedule, double mean, double deviation) {
        requirePositive(deviation);
        double from = from(schedule);
        double length = to(schedule) - from;
        return new NoiseDistribution(
                schedule,
                false,
                p -> from + length / (1 + Math.exp(-mean - deviation * NORMAL.inverseCumulativeProbability(p))),
                t -> {
                    double share = (t - from) / length;
                    return NORMAL.cumulativeProbability((Math.log(share / (1 - share)) - mean) / deviation);
                });
    }

    private static void requirePositive(double deviation) {
        if (!(deviation > 0 && deviation < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("the deviation must be greater than 0 and finite, is " + deviation);
        }
    }

    /** The distribution that a configuration describes. */
    public static NoiseDistribution of(NoiseConfig config, NoiseSchedule schedule) {
        return switch (config.distribution()) {
            case UNIFORM -> uniform(schedule);
            case LOG_NORMAL -> logNormal(schedule, config.mean(), config.deviation());
            case LOGIT_NORMAL -> logitNormal(schedule, config.mean(), config.deviation());
        };
    }

    /** Where the axis begins. */
    public double from() {
        return from;
    }

    /** Where the axis ends; T for a discrete schedule. */
    public double to() {
        return to;
    }

    /** Whether what is drawn is a whole timestep. */
    boolean isDiscrete() {
        return discrete;
    }

    /** Whether every place of the axis is drawn alike. */
    boolean isUniform() {
        return uniform;
    }

    /** The probability of a draw before a place of the axis; 0 at its begin and 1 at its end. */
    public double cumulative(double t) {
        return t <= from ? 0 : t >= to ? 1 : Math.clamp(cumulative.applyAsDouble(t), 0, 1);
    }

    /** The place of the axis before which a draw falls with probability {@code p}. */
    public double quantile(double p) {
        return p <= 0 ? from : p >= 1 ? to : Math.clamp(quantile.applyAsDouble(p), from, to);
    }

    /** The time that a place in [{@code low}, {@code high}) of the axis stands for. */
    double time(double place, double low, double high) {
        double inside = Math.clamp(place, low, Math.nextDown(high));
        return discrete ? Math.floor(inside) : inside;
    }
}
