package dev.gradus.diffusion.experiment;

import dev.gradus.diffusion.eval.Evaluation;
import dev.gradus.diffusion.train.TrainListener;

/** Hears what an experiment does. */
public interface ExperimentListener {
    /**
     * A run begins, or goes on.
     *
     * @param number of the run, from 1
     * @param runs how many there are
     */
    default void runStarted(String arm, long seed, int number, int runs) {}

    /** Who hears of the training of the run that was started last. */
    default TrainListener training() {
        return new TrainListener() {};
    }

    /** A checkpoint was scored. */
    default void scored(String arm, long seed, long step, Evaluation evaluation) {}
}
