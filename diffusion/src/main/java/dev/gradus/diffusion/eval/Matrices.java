package dev.gradus.diffusion.eval;

import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import java.util.Arrays;

/** What the metrics have in common: their input, and how much of it they take at once. */
final class Matrices {
    /** Matrices made on the way have at most this many elements: 32 MiB of float64. */
    private static final long CHUNK = 1L << 22;

    private Matrices() {}

    /**
     * A matrix as float64 on the CPU.
     *
     * @param what names it in messages
     * @param minRows how many rows the metric needs
     * @throws IllegalArgumentException if it is no matrix, has too few rows, or not all of it is finite
     */
    static Tensor checked(Tensor matrix, String what, long minRows) {
        if (matrix.dim() != 2 || matrix.size(1) < 1) {
            throw new IllegalArgumentException(what + " must be (N, D), one row an image; they are " + shape(matrix));
        }
        if (matrix.size(0) < minRows) {
            throw new IllegalArgumentException(
                    what + " of " + matrix.size(0) + " images are too few; at least " + minRows + " are needed");
        }
        Tensor result = matrix.detach().to(Device.cpu()).to(DType.FLOAT64);
        if (!result.isfinite().all().itemBoolean()) {
            throw new IllegalArgumentException(what + " hold a value that is not finite");
        }
        return result;
    }

    /** @throws IllegalArgumentException if the rows of two matrices differ in length */
    static void requireSameWidth(Tensor generated, Tensor reference) {
        if (generated.size(1) != reference.size(1)) {
            throw new IllegalArgumentException("the generated images have " + generated.size(1)
                    + " features each, those of the reference " + reference.size(1)
                    + "; both must come from the same extractor");
        }
    }

    /** How many rows to take at once where each leads to {@code columns} values. */
    static long rowsAtOnce(long columns) {
        return Math.max(1, CHUNK / Math.max(1, columns));
    }

    static String shape(Tensor tensor) {
        return Arrays.toString(tensor.shape());
    }
}
