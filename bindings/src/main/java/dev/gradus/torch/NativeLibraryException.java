package dev.gradus.torch;

/** The shim or libtorch could not be loaded. The message says what was looked for, what was found, what to do. */
public final class NativeLibraryException extends RuntimeException {

    private static final long serialVersionUID = 1;

    NativeLibraryException(String message, Throwable cause) {
        super(message, cause);
    }
}
