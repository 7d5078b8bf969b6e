package dev.gradus.diffusion.data;

import java.io.IOException;

/** Training data that cannot be read or fetched. The message names the file, the place in it and what was expected. */
public final class DataException extends IOException {
    private static final long serialVersionUID = 1L;

    public DataException(String message) {
        super(message);
    }

    public DataException(String message, Throwable cause) {
        super(message, cause);
    }
}
