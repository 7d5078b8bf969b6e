package dev.gradus.diffusion.train;

import dev.gradus.diffusion.config.OptimizerConfig;

/**
 * The learning rate of each step: a linear rise over the warm-up, then constant or half a cosine down to 0.
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
        };
    }
}
