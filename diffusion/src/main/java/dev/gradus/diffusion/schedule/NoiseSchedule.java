package dev.gradus.diffusion.schedule;

import dev.gradus.diffusion.config.ScheduleConfig;

/**
 * How much image and how much noise there is at each time t: x_t = alpha_t x_0 + sigma_t eps. The log-SNR falls in t.
 *
 * <p>A discrete schedule has the timesteps 0 (least noise) to T - 1, and is defined between them too, so that any sampler
 * may stop anywhere. A continuous one has a real t.
 */
public interface NoiseSchedule {
    /** T, the number of timesteps of a discrete schedule; 0 for a continuous one, as by default. */
    default int timesteps() {
        return 0;
    }

    /** Whether training draws whole timesteps. */
    default boolean isDiscrete() {
        return timesteps() > 0;
    }

    /** The time of the least noise: 0 for a discrete schedule; by default 0.0001 for a continuous one, where sigma is not yet 0. */
    default double tMin() {
        return isDiscrete() ? 0 : 1e-4;
    }

    /** The time of the most noise: T - 1 for a discrete schedule; by default 0.9999 for a continuous one. */
    default double tMax() {
        return isDiscrete() ? timesteps() - 1 : 1 - 1e-4;
    }

    /**
     * The noise level at a time.
     *
     * @param t from {@link #tMin} to {@link #tMax}
     * @throws IllegalArgumentException if it is outside
     */
    NoiseLevel at(double t);

    /** The time with this log-SNR; the nearer end where no time has it. Found by halving, unless a schedule knows better. */
    default double timeOf(double logSnr) {
        double low = tMin();
        double high = tMax();
        for (double middle = (low + high) / 2; low < middle && middle < high; middle = (low + high) / 2) {
            if (at(middle).logSnr() > logSnr) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return at(low).logSnr() - logSnr < logSnr - at(high).logSnr() ? low : high;
    }

    /** How a time is told to the network: by default in the range 0 to 1000, which its embedding of time is made for. */
    default double networkTime(double t) {
        return isDiscrete() ? t : 1000 * t;
    }

    /** dx_t / dt = alpha' x_0 + sigma' eps along the path that flow matching learns, up to a factor. */
    Path path();

    /** The standard deviation of the noise that sampling starts with at a level. */
    default double startScale(NoiseLevel level) {
        return level.sigma();
    }

    /**
     * Checks a time.
     *
     * @throws IllegalArgumentException if it is not between {@link #tMin} and {@link #tMax}
     */
    default void requireTime(double t) {
        if (!(t >= tMin() && t <= tMax())) {
            throw new IllegalArgumentException(
                    "the time t must be from " + tMin() + " to " + tMax() + ", the ends of the schedule, is " + t);
        }
    }

    /**
     * The factor of the loss at a time that undoes how often a learned schedule draws it, where the expected loss shall stay
     * what it was.
     */
    default double importance(double t) {
        return 1;
    }

    /** The schedule that a configuration describes, as it is before any training. */
    static NoiseSchedule of(ScheduleConfig config) {
        NoiseSchedule fixed = fixed(config);
        return switch (config.learned()) {
            case NONE -> fixed;
            case VARIANCE -> LearnedSchedule.leastVariance(fixed, config.learnedLr());
            case DIFFICULTY -> LearnedSchedule.equalDifficulty(fixed);
        };
    }

    private static NoiseSchedule fixed(ScheduleConfig config) {
        return switch (config.kind()) {
            case LINEAR -> BetaSchedule.linear(config.betaStart(), config.betaEnd(), config.timesteps());
            case SCALED_LINEAR -> BetaSchedule.scaledLinear(config.betaStart(), config.betaEnd(), config.timesteps());
            case COSINE -> BetaSchedule.cosine(config.timesteps());
            case EDM -> new EdmSchedule(config.sigmaMin(), config.sigmaMax());
            case FLOW_LINEAR -> FlowSchedule.linear();
            case FLOW_COSINE -> FlowSchedule.cosine();
        };
    }
}
