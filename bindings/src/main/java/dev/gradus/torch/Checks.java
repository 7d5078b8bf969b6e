package dev.gradus.torch;

/**
 * Checks of values that libtorch uses as addresses without a look at them, which would end the process. On a GPU libtorch has
 * checks of its own, and reading the values would wait for the device, so there they are left out.
 */
final class Checks {

    private Checks() {}

    /** Labels of a loss: at least 0 and below the number of classes, the last dimension of the scores. */
    static void labels(Tensor targets, Tensor scores) {
        if (isReadable(targets) && scores.dim() > 0) {
            long classes = scores.size(-1);
            double[] extremes = extremes(targets);
            if (!(extremes[0] >= 0 && extremes[1] < classes)) {
                throw new TorchIndexException("targets go from " + (long) extremes[0] + " to " + (long) extremes[1]
                        + "; they must be in [0, " + classes + ")");
            }
        }
    }

    /** The beginnings of bags of indices: from 0 on, ascending, up to the number of indices. */
    static void offsets(Tensor offsets, Tensor indices) {
        if (isReadable(offsets)) {
            long before = 0;
            for (long offset : offsets.toLongArray()) {
                if (offset < before || offset > indices.numel()) {
                    throw new TorchValueException("offset " + offset + " after " + before
                            + "; offsets must ascend from 0 to the number of indices, " + indices.numel());
                }
                before = offset;
            }
        }
    }

    /** Numbers of the uniform distribution. */
    static void fractions(Tensor samples) {
        if (isReadable(samples)) {
            double[] extremes = extremes(samples);
            if (!(extremes[0] >= 0 && extremes[1] <= 1)) {
                throw new TorchValueException("the random samples go from " + extremes[0] + " to " + extremes[1]
                        + "; they must be in [0, 1]");
            }
        }
    }

    /** One of three modes, by number. */
    static void mode(String name, long mode) {
        if (mode < 0 || mode > 2) {
            throw new TorchValueException(name + " " + mode + "; it must be 0, 1 or 2");
        }
    }

    private static boolean isReadable(Tensor tensor) {
        return tensor.numel() > 0 && !tensor.device().isCuda();
    }

    /** The smallest and the largest element; NaN if any is. */
    private static double[] extremes(Tensor tensor) {
        MinMax extremes = tensor.aminmax();
        try (Tensor min = extremes.min();
                Tensor max = extremes.max()) {
            return new double[] {min.item(), max.item()};
        }
    }
}
