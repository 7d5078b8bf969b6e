package dev.gradus.diffusion.train;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How a run ended.
 *
 * @param outcome whether all steps were done
 * @param step steps done
 * @param images images seen
 * @param loss the last mean loss reported; NaN when no step was run
 * @param checkpoint the newest checkpoint
 * @param picture the newest picture of samples
 * @param duration the time {@link Trainer#run} took
 */
public record TrainResult(
        Outcome outcome,
        long step,
        long images,
        double loss,
        Optional<Path> checkpoint,
        Optional<Path> picture,
        Duration duration) {
    /** {@code ALREADY_DONE}: the folder held a finished run, and nothing was changed. */
    public enum Outcome {
        FINISHED,
        INTERRUPTED,
        ALREADY_DONE
    }
}
