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

    /**
     * The last failure of this thread, as recorded by the shim. Where Java code that was called back failed, its
     * exception is thrown, not returned.
     */
    static TorchException last() {
        String message = Strings.of(GradusTorch.gt_last_error_message());
        int code = GradusTorch.gt_last_error_code();
        if (code == GradusTorch.GT_CALLBACK()) {
            Throwable failure = Upcalls.failure();
            if (failure != null) {
                throw Upcalls.<RuntimeException>sneaky(failure);
            }
        }
        if (code == GradusTorch.GT_OUT_OF_MEMORY()) {
            return new TorchOutOfMemoryException(message);
        } else if (code == GradusTorch.GT_INDEX()) {
            return new TorchIndexException(message);
        } else if (code == GradusTorch.GT_TYPE()) {
            return new TorchTypeException(message);
        } else if (code == GradusTorch.GT_VALUE()) {
            return new TorchValueException(message);
        } else if (code == GradusTorch.GT_NOT_IMPLEMENTED()) {
            return new TorchNotImplementedException(message);
        } else if (code == GradusTorch.GT_LINALG()) {
            return new TorchLinearAlgebraException(message);
        } else if (code == GradusTorch.GT_OK()) {
            return new TorchException("a call returned no tensor, and the shim recorded no reason");
        }
        return new TorchException(message);
    }
}
