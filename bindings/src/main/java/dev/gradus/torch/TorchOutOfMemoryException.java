package dev.gradus.torch;

/** There was not enough memory, on the host or on the device. Nothing was changed; the program can go on. */
public final class TorchOutOfMemoryException extends TorchException {

    private static final long serialVersionUID = 1;

    /** With libtorch's message. */
    public TorchOutOfMemoryException(String message) {
        super(message);
    }
}
