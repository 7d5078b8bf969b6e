package dev.gradus.torch;

/** A dtype or an argument was of the wrong type. */
public final class TorchTypeException extends TorchException {

    private static final long serialVersionUID = 1;

    /** With libtorch's message. */
    public TorchTypeException(String message) {
        super(message);
    }
}
