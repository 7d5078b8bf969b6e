package dev.gradus.diffusion.config;

import dev.gradus.diffusion.ConfigException;
import java.util.List;

/**
 * AdamW with a clipped gradient norm and a learning rate that warms up.
 *
 * @param lr the learning rate after the warm-up
 * @param lrSchedule what follows the warm-up: {@code constant}, {@code cosine} down to 0 at the last step, or {@code
 *     inverse-sqrt}, which falls as one over the square root of the step (Karras et al., arXiv 2312.02696)
 * @param warmupSteps steps over which the learning rate rises linearly from {@code lr / warmupSteps} to {@code lr}; 0
 *     for none
 * @param decayAfter the step up to which {@code inverse-sqrt} leaves the rate at {@code lr}; 0 for {@code warmupSteps}
 * @param betas the two averaging factors of Adam
 * @param eps the term added to Adam's denominator
 * @param weightDecay the decoupled weight decay
 * @param clip the largest norm of the whole gradient; 0 leaves it as it is
 */
public record OptimizerConfig(
        double lr,
        LrSchedule lrSchedule,
        int warmupSteps,
        int decayAfter,
        List<Double> betas,
        double eps,
        double weightDecay,
        double clip) {
    public enum LrSchedule {
        CONSTANT,
        COSINE,
        INVERSE_SQRT
    }

    public OptimizerConfig {
        Check.positive("optimizer.lr", lr);
        Check.present("optimizer.lrSchedule", lrSchedule);
        Check.range("optimizer.warmupSteps", warmupSteps, 0, Integer.MAX_VALUE);
        Check.range("optimizer.decayAfter", decayAfter, 0, Integer.MAX_VALUE);
        betas = List.copyOf(Check.present("optimizer.betas", betas));
        if (betas.size() != 2) {
            throw new ConfigException("optimizer.betas", "must be two numbers, such as [0.9, 0.999], is " + betas);
        }
        betas.forEach(beta -> Check.below("optimizer.betas", beta, 0, 1));
        Check.positive("optimizer.eps", eps);
        Check.notNegative("optimizer.weightDecay", weightDecay);
        Check.notNegative("optimizer.clip", clip);
    }

    /** PyTorch's defaults for AdamW with a learning rate of 1e-4 and the norm clipped to 1. */
    public static OptimizerConfig defaults() {
        return new OptimizerConfig(1e-4, LrSchedule.CONSTANT, 0, 0, List.of(0.9, 0.999), 1e-8, 0.01, 1.0);
    }
}
