package dev.gradus.diffusion.train;

import java.nio.file.Path;

/**
 * Hears what a {@link Trainer} does. All methods are called on the thread that runs the trainer, in the order in which
 * things happen; an exception thrown here ends the run.
 */
public interface TrainListener {
    /**
     * Data are being fetched or prepared.
     *
     * @param what a phrase for the user, such as "Fetching Fashion-MNIST"
     * @param done bytes done
     * @param total bytes in all; -1 where unknown
     */
    default void preparing(String what, long done, long total) {}

    /**
     * The first step is about to run.
     *
     * @param step steps already done: 0, or the step of the checkpoint the run goes on from
     * @param steps steps in the whole run
     * @param stages stages of the curriculum
     * @param device where the run trains, for example {@code cpu}
     */
    default void started(long step, long steps, int stages, String device) {}

    /** Every {@code logEvery} steps, and at the last step. */
    default void stepLogged(StepReport report) {}

    /** A stage of the curriculum begins: the first before the first step, the others between two steps. */
    default void stageChanged(StageChange change) {}

    /**
     * A step changed nothing, because its loss or gradient was not finite, or its loss exploded.
     *
     * @param problem such as "the loss became NaN"
     * @param images the numbers of the images in it
     */
    default void stepSkipped(long step, String problem, long[] images) {}

    /** A picture was written. */
    default void samplesWritten(long step, Path picture) {}

    /**
     * A checkpoint is not as it was written, so the run goes on from one before it. The damaged one is moved to the folder
     * {@code damaged} of the run.
     *
     * @param problem such as "state.json is missing"
     */
    default void checkpointDamaged(Path folder, String problem) {}

    /** A checkpoint is complete on disk. Training may have gone on meanwhile. */
    default void checkpointWritten(long step, Path folder) {}
}
