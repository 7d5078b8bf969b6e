package dev.gradus.diffusion.model;

import java.io.IOException;

/** A folder that does not hold a usable network. The message names the file and what is wrong with it. */
public final class ModelFolderException extends IOException {
    private static final long serialVersionUID = 1L;

    /** @param message the file and what is wrong with it */
    public ModelFolderException(String message) {
        super(message);
    }

    /** @param message the file and what is wrong with it */
    public ModelFolderException(String message, Throwable cause) {
        super(message, cause);
    }
}
