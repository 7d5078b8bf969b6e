package dev.gradus.diffusion.train;

import java.nio.file.Path;
import java.util.Optional;

/** Training cannot go on, for example because the loss is not finite. The message says at which step and what to do. */
public final class TrainingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TrainingException(String message) {
        super(message);
    }

    public TrainingException(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * @param what became of training, up to and with the step, such as "the loss became NaN at step 7"
     * @param kept the newest checkpoint
     */
    static TrainingException diverged(String what, Optional<Path> kept) {
        return new TrainingException(what + ", so training stopped; "
                + kept.map(path -> "the last good checkpoint is " + path).orElse("no checkpoint had been written yet")
                + ". Lower optimizer.lr, or set optimizer.clip");
    }
}
