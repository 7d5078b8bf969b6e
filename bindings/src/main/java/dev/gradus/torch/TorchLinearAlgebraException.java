package dev.gradus.torch;

/** A matrix was singular, not positive definite, or the like. */
public final class TorchLinearAlgebraException extends TorchException {

    private static final long serialVersionUID = 1;

    /** With libtorch's message. */
    public TorchLinearAlgebraException(String message) {
        super(message);
    }
}
