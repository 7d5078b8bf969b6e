package dev.gradus.diffusion.train;

import dev.gradus.torch.Autograd;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.Arrays;

/**
 * Losses kept on the device and read in blocks, so that no step waits for the device. On the CPU nothing is gained by
 * waiting and a block is one step.
 */
final class LossBlock implements AutoCloseable {
    private static final int CUDA_BLOCK = 16;

    private final Tensor losses;
    private final int capacity;
    private int count;

    LossBlock(Device device) {
        capacity = device.isCuda() ? CUDA_BLOCK : 1;
        try (TensorScope scope = TensorScope.open()) {
            losses = scope.keep(Torch.zeros(TensorOptions.of(device), capacity));
        }
    }

    /** Takes the loss of the next step, a scalar; copied. */
    void record(Tensor loss) {
        try (var _ = Autograd.noGrad()) {
            losses.select(0, count++).copy_(loss);
        }
    }

    boolean full() {
        return count == capacity;
    }

    /** The losses since the last call, in order of the steps; waits for the device. */
    double[] drain() {
        double[] values = Arrays.copyOf(losses.toDoubleArray(), count);
        count = 0;
        return values;
    }

    @Override
    public void close() {
        losses.close();
    }
}
