package dev.gradus.diffusion.train;

import dev.gradus.diffusion.config.OptimizerConfig;

/**
 * The learning rate of each step: a linear rise over the warm-up, then constant, half a cosine down to 0, or falling as one over
 * the square root of the step.
 *
 * @param steps steps in the whole run
 */
record LearningRate(OptimizerConfig config, long steps) {
    /** The rate of a step, counted from 0. */
    double at(long step) {
        int warmup = config.warmupSteps();
        if (step < warmup) {
            return config.lr() * (step + 1) / warmup;
        }
        return switch (config.lrSchedule()) {
            case CONSTANT -> config.lr();
            case COSINE -> config.lr() / 2 * (1 + Math.cos(Math.PI * (step - warmup) / Math.max(1, steps - warmup)));
            case INVERSE_SQRT -> {
                int from = config.decayAfter() > 0 ? config.decayAfter() : Math.max(1, warmup);
                yield config.lr() / Math.sqrt(Math.max(1, (step + 1.0) / from));
            }
        };
    }
}
