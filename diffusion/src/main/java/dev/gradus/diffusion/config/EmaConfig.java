package dev.gradus.diffusion.config;

import dev.gradus.diffusion.ConfigException;
import java.util.HashSet;
import java.util.List;

/**
 * The averages of the weights. The first, named {@code ema}, is what gets sampled; it is given by {@code decay} or by {@code
 * halfLife}. Others are kept beside it.
 *
 * @param decay the weight of the past in the long run; used where {@code halfLife} is null
 * @param warmup whether the decay at step s (from 0) is min(decay, (1 + s) / (10 + s)), so that short runs forget
 *     their random initialisation
 * @param halfLife images after which the weight of the past has fallen to a half, whatever the batch size; null for {@code decay}
 * @param rampUp the half-lives are at most this part of the images seen so far, so that early averages forget the
 *     initialisation (0.05 in Karras et al., arXiv 2206.00364); 0 leaves them as they are
 * @param further half-lives in images of further averages, named {@code ema-IMAGES}
 * @param power relative standard deviations of averages whose weights follow a power of the step, named {@code power-DEVIATION}
 *     (Karras et al., arXiv 2312.02696, section 3; 0.05 and 0.1 there)
 * @param snapshotEvery steps between two snapshots of the {@code power} averages, from which {@code gradus ema} makes averages of
 *     any length later; 0 for none
 */
public record EmaConfig(
        double decay,
        boolean warmup,
        Double halfLife,
        double rampUp,
        List<Double> further,
        List<Double> power,
        int snapshotEvery) {
    /** The relative standard deviation of a plain mean of all steps, 1 / sqrt(12): no power function has a larger one. */
    private static final double LARGEST_DEVIATION = Math.sqrt(1 / 12.0);

    public EmaConfig {
        Check.below("ema.decay", decay, 0, 1);
        if (halfLife != null) {
            Check.positive("ema.halfLife", halfLife);
        }
        Check.notNegative("ema.rampUp", rampUp);
        further = List.copyOf(Check.present("ema.further", further));
        power = List.copyOf(Check.present("ema.power", power));
        further.forEach(value -> Check.positive("ema.further", value));
        for (double deviation : power) {
            if (!(deviation >= 1e-3 && deviation < LARGEST_DEVIATION)) {
                throw new ConfigException(
                        "ema.power",
                        "must be numbers from 0.001 to below 0.2886, such as [0.05, 0.1], has " + deviation);
            }
        }
        distinct("ema.further", further);
        distinct("ema.power", power);
        Check.range("ema.snapshotEvery", snapshotEvery, 0, Integer.MAX_VALUE);
        if (snapshotEvery > 0 && power.isEmpty()) {
            throw new ConfigException(
                    "ema.snapshotEvery",
                    "is " + snapshotEvery
                            + ", but there is nothing to take snapshots of: set ema.power, as to [0.05, 0.1]");
        }
    }

    private static void distinct(String key, List<Double> values) {
        if (new HashSet<>(values).size() < values.size()) {
            throw new ConfigException(key, "must be different numbers, is " + values);
        }
    }

    /** One average by a decay of 0.999. */
    public static EmaConfig defaults() {
        return new EmaConfig(0.999, true, null, 0, List.of(), List.of(), 0);
    }

    /** The weight of the past at a step, counted from 0, of the average that gets sampled. */
    public double decayAt(long step, int batchSize) {
        if (halfLife != null) {
            return decayAt(step, batchSize, halfLife);
        }
        return warmup ? Math.min(decay, (1.0 + step) / (10.0 + step)) : decay;
    }

    /** The weight of the past at a step, counted from 0, of the average with a half-life in images. */
    public double decayAt(long step, int batchSize, double images) {
        double ramped = rampUp > 0 ? Math.min(images, rampUp * step * batchSize) : images;
        return Math.pow(0.5, batchSize / ramped);
    }
}
