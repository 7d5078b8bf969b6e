package dev.gradus.diffusion.train;

import java.io.IOException;

/** A run folder cannot be used or written. The message names the folder or file and says what to do. */
public final class RunFolderException extends IOException {
    private static final long serialVersionUID = 1L;

    public RunFolderException(String message) {
        super(message);
    }

    public RunFolderException(String message, Throwable cause) {
        super(message, cause);
    }
}
