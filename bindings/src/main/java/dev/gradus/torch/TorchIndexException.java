package dev.gradus.torch;

/** An index or a dimension was out of range. */
public final class TorchIndexException extends TorchException {

    private static final long serialVersionUID = 1;

    /** With libtorch's message. */
    public TorchIndexException(String message) {
        super(message);
    }
}
