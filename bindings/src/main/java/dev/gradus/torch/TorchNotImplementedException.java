package dev.gradus.torch;

/** libtorch has no such operation for this dtype or device, or was built without it. */
public final class TorchNotImplementedException extends TorchException {

    private static final long serialVersionUID = 1;

    /** With libtorch's message. */
    public TorchNotImplementedException(String message) {
        super(message);
    }
}
