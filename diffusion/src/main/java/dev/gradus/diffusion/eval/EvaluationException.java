package dev.gradus.diffusion.eval;

import java.io.IOException;

/** Images, features or a data set that cannot be scored. The message says what is wrong and what to do. */
public final class EvaluationException extends IOException {
    private static final long serialVersionUID = 1L;

    public EvaluationException(String message) {
        super(message);
    }

    public EvaluationException(String message, Throwable cause) {
        super(message, cause);
    }
}
