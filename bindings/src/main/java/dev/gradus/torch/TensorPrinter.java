package dev.gradus.torch;

import java.util.Arrays;

/** Tensors as text. */
final class TensorPrinter {

    private TensorPrinter() {}

    static String print(Tensor tensor) {
        return tensor.isClosed()
                ? "tensor(closed)"
                : "tensor(shape=" + Arrays.toString(tensor.shape()) + ", dtype=" + tensor.dtype() + ", device="
                        + tensor.device()
                        + (tensor.requiresGrad() ? ", requiresGrad)" : ")");
    }
}
