package dev.gradus.diffusion.curriculum;

import dev.gradus.torch.DType;
import dev.gradus.torch.Generator;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;

/**
 * Draws from a distribution restricted to a set of times.
 *
 * @param stratified whether the batch is spread: its ith draw falls into the ith of B pieces of equal probability, which
 *     lowers the variance of the loss (Kingma et al., arXiv 2107.00630, appendix I.1)
 */
record RestrictedDraw(NoiseDistribution distribution, boolean stratified) {
    double[] sample(TimestepSet set, int batch, Generator generator) {
        try (var _ = TensorScope.open()) {
            boolean plain = distribution.isDiscrete() && distribution.isUniform() && !stratified;
            if (plain && set.ranges().size() == 1) {
                // The very call of other trainers, so that the same seed gives the same timesteps.
                return Torch.randint((long) set.from(), (long) set.to(), generator, batch)
                        .toDoubleArray();
            }
            double[] uniform = Torch.rand(generator, TensorOptions.defaults().dtype(DType.FLOAT64), batch)
                    .toDoubleArray();
            for (int i = 0; i < batch; i++) {
                uniform[i] = time(set, stratified ? (i + uniform[i]) / batch : uniform[i]);
            }
            return uniform;
        }
    }

    /** What is drawn, as a table, for draws on a device. */
    TimestepTable table(TimestepSet set) {
        if (!distribution.isDiscrete()) {
            double[] times = new double[TimestepTable.CELLS];
            double[] cumulative = new double[TimestepTable.CELLS];
            for (int i = 0; i < times.length; i++) {
                times[i] = time(set, (i + 0.5) / times.length);
                cumulative[i] = (i + 1.0) / times.length;
            }
            return new TimestepTable(times, cumulative);
        }
        int from = (int) distribution.from();
        int count = (int) distribution.to() - from;
        double[] times = new double[count];
        double[] cumulative = new double[count];
        double mass = set.ranges().stream().mapToDouble(this::mass).sum();
        TimestepRange first = set.ranges().getFirst();
        double sum = 0;
        for (int i = 0; i < count; i++) {
            times[i] = from + i;
            if (set.contains(times[i])) {
                sum += mass > 0 ? mass(new TimestepRange(times[i], times[i] + 1)) : times[i] < first.to() ? 1 : 0;
            }
            cumulative[i] = sum;
        }
        for (int i = 0; i < count; i++) {
            // Exactly 1 from the last time of the set on: nothing beyond it is drawn.
            cumulative[i] /= sum;
        }
        return new TimestepTable(times, cumulative);
    }

    /** The time at a share u of the probability that the set has. */
    private double time(TimestepSet set, double u) {
        double mass = set.ranges().stream().mapToDouble(this::mass).sum();
        if (!(mass > 0)) {
            // So far out that the probability is 0 in double: nothing says which of its times is likelier.
            TimestepRange range = set.ranges().getFirst();
            return distribution.time(range.from() + u * (range.to() - range.from()), range.from(), range.to());
        }
        double left = u * mass;
        for (TimestepRange range : set.ranges()) {
            if (left < mass(range) || range == set.ranges().getLast()) {
                double place = distribution.quantile(distribution.cumulative(range.from()) + left);
                return distribution.time(place, range.from(), range.to());
            }
            left -= mass(range);
        }
        throw new AssertionError("a set has a last range");
    }

    private double mass(TimestepRange range) {
        return distribution.cumulative(range.to()) - distribution.cumulative(range.from());
    }
}
