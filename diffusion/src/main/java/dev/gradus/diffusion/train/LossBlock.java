package dev.gradus.diffusion.train;

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

    /** Values of a step that are not of an image. */
    private static final int SINGLE = 3;

    /**
     * The losses of one step.
     *
     * @param mean the loss
     * @param gradientNorm the norm of the whole gradient, before it was clipped
     * @param skipped whether the step changed nothing
     * @param times t of each image
     * @param images the loss of each image
     * @param noise the error of eps of each image; empty unless these are kept
     */
    record Entry(double mean, double gradientNorm, boolean skipped, double[] times, double[] images, double[] noise) {}

    private final int images;
    private final boolean noise;
    private final Tensor losses;
    private final int capacity;
    private final List<double[]> times = new ArrayList<>();

    /**
     * @param images of a step
     * @param noise whether the errors of eps are kept
     */
    LossBlock(Device device, int images, boolean noise) {
        this.images = images;
        this.noise = noise;
        capacity = device.isCuda() ? CUDA_BLOCK : 1;
        try (TensorScope scope = TensorScope.open()) {
            losses = scope.keep(Torch.zeros(TensorOptions.of(device), capacity, SINGLE + (noise ? 2 : 1) * images));
        }
    }

    /** Takes the losses of the next step; copied. */
    void record(TrainingStep.Outcome outcome, double[] drawn) {
        try (var _ = Autograd.noGrad()) {
            Tensor row = losses.select(0, times.size());
            row.select(0, 0).copy_(outcome.loss().mean());
            row.select(0, 1).copy_(outcome.gradientNorm());
            row.select(0, 2).copy_(outcome.skipped());
            row.narrow(0, SINGLE, images).copy_(outcome.loss().images());
            if (noise) {
                row.narrow(0, SINGLE + images, images).copy_(outcome.loss().noise());
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
            int columns = values.length / capacity;
            int row = i * columns;
            int errors = row + SINGLE + images;
            entries.add(new Entry(
                    values[row],
                    values[row + 1],
                    values[row + 2] != 0,
                    times.get(i),
                    Arrays.copyOfRange(values, row + SINGLE, errors),
                    Arrays.copyOfRange(values, errors, row + columns)));
        }
        times.clear();
        return entries;
    }

    @Override
    public void close() {
        losses.close();
    }
}
