package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;

/**
 * libtorch refused a call. The message is libtorch's own, without its C++ stack. What has a kind of its own -
 * memory, an index, a type, a value, something not implemented, linear algebra - is a subclass; the rest,
 * shapes that do not fit above all, is this class.
 */
public class TorchException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** With libtorch's message. */
    public TorchException(String message) {
        super(message);
    }

    /** The last failure of this thread, as recorded by the shim. */
    static TorchException last() {
        String message = Strings.of(GradusTorch.gt_last_error_message());
        return switch (GradusTorch.gt_last_error_code()) {
            case 2 -> new TorchOutOfMemoryException(message);
            case 3 -> new TorchIndexException(message);
            case 4 -> new TorchTypeException(message);
            case 5 -> new TorchValueException(message);
            case 6 -> new TorchNotImplementedException(message);
            case 7 -> new TorchLinearAlgebraException(message);
            case 0 -> new TorchException("a call returned no tensor, and the shim recorded no reason");
            default -> new TorchException(message);
        };
    }
}
