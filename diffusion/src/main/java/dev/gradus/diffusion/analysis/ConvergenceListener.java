package dev.gradus.diffusion.analysis;

import dev.gradus.diffusion.curriculum.TimestepRange;
import dev.gradus.diffusion.train.TrainListener;

/** Hears how a {@link Convergence} study gets on, and how the training of each model does. */
public interface ConvergenceListener extends TrainListener {
    /**
     * A model is about to be trained.
     *
     * @param number of the model, from 1
     * @param models how many there are
     * @param cluster from 0 for the least noise
     * @param range the times that it trains
     * @param seed of its training
     */
    default void modelStarted(int number, int models, int cluster, TimestepRange range, long seed) {}
}
