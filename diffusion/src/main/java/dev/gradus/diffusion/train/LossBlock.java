package dev.gradus.diffusion.train;

import dev.gradus.diffusion.objective.DenoisingLoss;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Losses kept on the device and read in blocks, so that no step waits for the device. On the CPU nothing is gained by
 * waiting and a block is one step.
 */
final class LossBlock implements AutoCloseable {
    private static final int CUDA_BLOCK = 16;

    /**
     * The losses of one step.
     *
     * @param mean the loss
     * @param times t of each image
     * @param noise the error of eps of each image; empty unless the losses of single images are kept
     */
    record Entry(double mean, double[] times, double[] noise) {}

    private final int images;
    private final Tensor losses;
    private final int capacity;
    private final List<double[]> times = new ArrayList<>();

    /** @param images how many losses of single images a step has; 0 where they are not kept */
    LossBlock(Device device, int images) {
        this.images = images;
        capacity = device.isCuda() ? CUDA_BLOCK : 1;
        try (TensorScope scope = TensorScope.open()) {
            losses = scope.keep(Torch.zeros(TensorOptions.of(device), capacity, 1 + images));
        }
    }

    /** Takes the losses of the next step; copied. */
    void record(DenoisingLoss.Loss loss, double[] drawn) {
        try (var _ = Autograd.noGrad()) {
            Tensor row = losses.select(0, times.size());
            row.select(0, 0).copy_(loss.mean());
            if (images > 0) {
                row.narrow(0, 1, images).copy_(loss.noise());
            }
        }
        times.add(drawn);
    }

    boolean full() {
        return times.size() == capacity;
    }

    /** The losses since the last call, in order of the steps; waits for the device. */
    List<Entry> drain() {
        double[] values = losses.toDoubleArray();
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < times.size(); i++) {
            int row = i * (1 + images);
            entries.add(new Entry(values[row], times.get(i), Arrays.copyOfRange(values, row + 1, row + 1 + images)));
        }
        times.clear();
        return entries;
    }

    @Override
    public void close() {
        losses.close();
    }
}
