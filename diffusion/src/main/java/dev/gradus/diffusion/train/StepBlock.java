package dev.gradus.diffusion.train;

import dev.gradus.diffusion.data.Share;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongFunction;

/**
 * What goes between host and device for a block of steps, so that no step waits: before it the numbers that each of its steps
 * takes, such as the learning rate, after it the losses. Both lie on the device, with the number of the row that is next.
 */
final class StepBlock implements AutoCloseable {
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
    private final int capacity;
    private final Tensor numbers;
    private final Tensor losses;
    private final Tensor row;
    private long first;
    private final Team team;
    private final int columns;
    private boolean stopAsked;
    private long waited;
    private int taken;

    /**
     * @param images of a step, those of all ranks together
     * @param numbers that a step takes
     * @param noise whether the errors of eps are kept
     * @param capacity steps of a block
     * @param team whose ranks each record their share, and all get all
     */
    StepBlock(Device device, int images, int numbers, boolean noise, int capacity, Team team) {
        this.team = team;
        this.columns = SINGLE + (noise ? 3 : 2) * images;
        this.images = images;
        this.capacity = capacity;
        TensorOptions float64 = TensorOptions.of(device).dtype(DType.FLOAT64);
        try (TensorScope scope = TensorScope.open()) {
            this.numbers = scope.keep(Torch.zeros(float64, capacity, numbers));
            // The last column is for ranks that are asked to stop.
            losses = scope.keep(Torch.zeros(float64, capacity, columns + (team.isGroup() ? 1 : 0)));
            row = scope.keep(Torch.zeros(float64.dtype(DType.INT64), 1));
        }
    }

    /**
     * Begins a block.
     *
     * @param step the number of its first step
     * @param of what a step takes, by its number
     */
    void begin(long step, LongFunction<double[]> of) {
        first = step;
        taken = 0;
        try (TensorScope _ = TensorScope.open();
                var _ = Autograd.noGrad()) {
            double[] all = new double[Math.toIntExact(numbers.numel())];
            int each = all.length / capacity;
            for (int i = 0; i < capacity; i++) {
                System.arraycopy(of.apply(step + i), 0, all, i * each, each);
            }
            numbers.copy_(Torch.tensor(all).view(capacity, each));
            row.zero_();
        }
    }

    /** What the step takes: float64, in the current scope. */
    Tensor numbers() {
        return numbers.indexSelect(0, row).select(0, 0);
    }

    /** Takes the losses of a step, and goes to the next row; without a graph. */
    void record(TrainingStep.Outcome outcome) {
        try (var _ = Autograd.noGrad()) {
            Tensor values = team.size() == 1 ? values(outcome) : ofShare(outcome);
            losses.narrow(1, 0, columns)
                    .indexCopy_(0, row, values.to(DType.FLOAT64).unsqueeze(0));
            row.add_(1);
        }
    }

    private static Tensor values(TrainingStep.Outcome outcome) {
        List<Tensor> parts = new ArrayList<>(List.of(
                outcome.loss().mean().view(1),
                outcome.gradientNorm().view(1),
                outcome.skipped().view(1),
                outcome.times(),
                outcome.loss().images()));
        if (outcome.loss().noise() != null) {
            parts.add(outcome.loss().noise());
        }
        return Torch.cat(parts, 0);
    }

    /** What this rank adds to the sum over all ranks: its images, and of what all know the first rank the whole. */
    private Tensor ofShare(TrainingStep.Outcome outcome) {
        Share share = team.share(images);
        Tensor values = Torch.zeros(TensorOptions.of(losses.device()).dtype(DType.FLOAT64), columns);
        if (team.isFirst()) {
            values.narrow(0, 0, 1).copy_(outcome.loss().mean().view(1));
            values.narrow(0, 1, 1).copy_(outcome.gradientNorm().view(1));
            values.narrow(0, 2, 1).copy_(outcome.skipped().view(1));
            values.narrow(0, SINGLE, images).copy_(outcome.times());
        }
        values.narrow(0, SINGLE + images + share.from(), share.count())
                .copy_(outcome.loss().images());
        if (outcome.loss().noise() != null) {
            values.narrow(0, SINGLE + 2L * images + share.from(), share.count())
                    .copy_(outcome.loss().noise());
        }
        return values;
    }

    /** Counts a step, however it was run. */
    void counted() {
        taken++;
    }

    /** Blocks end at multiples of their size, whatever step a run goes on from. */
    boolean full() {
        return (first + taken) % capacity == 0;
    }

    /** Whether a rank was asked to stop before the last {@link #drain}: all of them then know. */
    boolean stopAsked() {
        return stopAsked;
    }

    /** Nanoseconds that {@link #drain} has waited for other ranks since the last call of this. */
    long takeWaited() {
        long nanos = waited;
        waited = 0;
        return nanos;
    }

    /**
     * The losses since the block began, in order of the steps; waits for the device, and for the other ranks.
     *
     * @param stop whether this rank is asked to stop
     */
    List<Entry> drain(boolean stop) {
        List<Entry> entries = new ArrayList<>();
        if (taken == 0) {
            return entries;
        }
        exchange(stop);
        double[] values = losses.toDoubleArray();
        int width = values.length / capacity;
        stopAsked = team.isGroup() && values[columns] != 0;
        for (int i = 0; i < taken; i++) {
            int at = i * width;
            int times = at + SINGLE;
            int errors = times + images;
            entries.add(new Entry(
                    values[at],
                    values[at + 1],
                    values[at + 2] != 0,
                    Arrays.copyOfRange(values, times, errors),
                    Arrays.copyOfRange(values, errors, errors + images),
                    Arrays.copyOfRange(values, errors + images, at + columns)));
        }
        taken = 0;
        return entries;
    }

    private void exchange(boolean stop) {
        if (!team.isGroup()) {
            return;
        }
        try (TensorScope _ = TensorScope.open();
                var _ = Autograd.noGrad()) {
            losses.select(1, columns).fill_(stop ? 1 : 0);
        }
        if (team.size() > 1) {
            long since = System.nanoTime();
            team.group().allReduce(losses);
            waited += System.nanoTime() - since;
        }
    }

    @Override
    public void close() {
        numbers.close();
        losses.close();
        row.close();
    }
}
