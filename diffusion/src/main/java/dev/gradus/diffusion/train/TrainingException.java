package dev.gradus.diffusion.train;

/** Training cannot go on, for example because the loss is not finite. The message says at which step and what to do. */
public final class TrainingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TrainingException(String message) {
        super(message);
    }

    public TrainingException(String message, Throwable cause) {
        super(message, cause);
    }
}
