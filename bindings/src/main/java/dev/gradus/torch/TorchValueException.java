package dev.gradus.torch;

/** An argument was outside of what is allowed. */
public final class TorchValueException extends TorchException {

    private static final long serialVersionUID = 1;

    /** With libtorch's message. */
    public TorchValueException(String message) {
        super(message);
    }
}
