package dev.gradus.diffusion.objective;

import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.diffusion.model.Predictor;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.Autocast;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.MemoryFormat;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;
import dev.gradus.torch.nn.F;

/**
 * The training loss: noise the images to their times, run the network, and compare its output with the target of the
 * objective by the weighted mean of squared errors.
 *
 * <p>All that follows from the times (alpha, sigma, the objective's coefficients, the weights) is computed on the host in double
 * and sent to the device in one copy: that of a batch, or that of a table from which batches are drawn there.
 */
public final class DenoisingLoss {
    private final Predictor network;
    private final Objective objective;
    private final NoiseSchedule schedule;
    private final LossWeight weight;
    private final DType precision;
    private final MemoryFormat format;
    private final boolean perImage;

    /**
     * The loss of a batch; its tensors are owned by the scope that was current.
     *
     * @param mean a float32 scalar with its graph, to be minimised
     * @param images (B) float32 without a graph: the loss of each image, of which {@code mean} is the mean but for rounding
     * @param noise (B) float32 without a graph: the squared error of eps of each image, averaged over its values; null unless
     *     asked for
     */
    public record Loss(Tensor mean, Tensor images, Tensor noise) {}

    /**
     * @param network borrowed
     * @param perImage whether the errors of eps of the single images are wanted, as a learned schedule needs them
     * @param precision of autocast that the network runs under, bfloat16 or float16, or float32 for none; the loss is float32
     *     in any case
     * @param format in which the network gets the noised images
     */
    public DenoisingLoss(
            Predictor network,
            Objective objective,
            NoiseSchedule schedule,
            LossWeight weight,
            boolean perImage,
            DType precision,
            MemoryFormat format) {
        this.network = network;
        this.objective = objective;
        this.schedule = schedule;
        this.weight = weight;
        this.perImage = perImage;
        this.precision = precision;
        this.format = format;
    }

    /** What each row of {@link LevelBatch} holds. */
    private enum Row {
        ALPHA,
        SIGMA,
        IN,
        TARGET_X0,
        TARGET_EPS,
        WEIGHT,
        NOISE_ERROR,
        TIME
    }

    /** The values of a batch on the host, one row after the other. */
    private static final class Rows {
        private final int batch;
        private final float[] values;

        Rows(int batch) {
            this.batch = batch;
            values = new float[Row.values().length * batch];
        }

        void set(Row row, int i, double value) {
            values[row.ordinal() * batch + i] = (float) value;
        }

        boolean all(Row row, float value) {
            for (int i = 0; i < batch; i++) {
                if (values[row.ordinal() * batch + i] != value) {
                    return false;
                }
            }
            return true;
        }

        LevelBatch to(Device device) {
            return new LevelBatch(
                    Torch.fromArray(values, Row.values().length, batch).to(device),
                    new LevelBatch.Shape(
                            all(Row.IN, 1),
                            all(Row.TARGET_X0, 0) && all(Row.TARGET_EPS, 1),
                            all(Row.TARGET_X0, 1) && all(Row.TARGET_EPS, 0),
                            all(Row.WEIGHT, 1)));
        }
    }

    /** (B). */
    private static Tensor of(LevelBatch levels, Row row) {
        return levels.rows().select(0, row.ordinal());
    }

    /** (B, 1, 1, 1). */
    private static Tensor factor(LevelBatch levels, Row row) {
        return of(levels, row).view(-1, 1, 1, 1);
    }

    /**
     * The loss of a batch.
     *
     * @param x0 the images, (B, C, H, W) float32
     * @param conditioning what the network is told of them
     * @param times t of each image
     * @param noise draws the noise, by one call of {@code randn_like}
     */
    public Loss of(Tensor x0, Conditioning conditioning, double[] times, Generator noise) {
        return of(x0, conditioning, times, Torch.randnLike(x0, noise));
    }

    /**
     * The loss of a batch, with noise that was drawn before.
     *
     * @param eps as {@code x0}, standard normal
     */
    public Loss of(Tensor x0, Conditioning conditioning, double[] times, Tensor eps) {
        return of(x0, conditioning, levels(times, x0.device()), eps);
    }

    /**
     * The loss of a batch whose levels are on the device already; nothing here waits for it or is told to it by the host.
     *
     * @param eps as {@code x0}, standard normal
     */
    public Loss of(Tensor x0, Conditioning conditioning, LevelBatch levels, Tensor eps) {
        LevelBatch.Shape shape = levels.shape();
        Tensor xt =
                factor(levels, Row.ALPHA).mul(x0).add(factor(levels, Row.SIGMA).mul(eps));
        Tensor input = shape.plainInput() ? xt : xt.mul(factor(levels, Row.IN));
        Tensor output = forward(input, networkTimes(levels), conditioning).to(DType.FLOAT32);
        Tensor target = target(levels, x0, eps);
        if (!perImage && shape.unweighted()) {
            return new Loss(F.mseLoss(output, target), errors(output.detach(), target), null);
        }
        Tensor errors = errors(output, target);
        Tensor weighted = errors.mul(of(levels, Row.WEIGHT));
        return new Loss(
                weighted.mean(), weighted.detach(), perImage ? errors.detach().mul(of(levels, Row.NOISE_ERROR)) : null);
    }

    /** (B). */
    private static Tensor errors(Tensor output, Tensor target) {
        return output.sub(target).square().mean(1, 2, 3);
    }

    /** The levels at times, by one copy to a device; owned by the current scope. */
    public LevelBatch levels(double[] times, Device device) {
        Rows rows = new Rows(times.length);
        for (int i = 0; i < times.length; i++) {
            NoiseLevel level = schedule.at(times[i]);
            Coefficients at = objective.at(level);
            rows.set(Row.ALPHA, i, level.alpha());
            rows.set(Row.SIGMA, i, level.sigma());
            rows.set(Row.IN, i, at.in());
            rows.set(Row.TARGET_X0, i, at.x0());
            rows.set(Row.TARGET_EPS, i, at.eps());
            rows.set(Row.WEIGHT, i, weight.of(level, at) * schedule.importance(times[i]));
            rows.set(Row.NOISE_ERROR, i, level.snr() / at.errorFactor());
            rows.set(Row.TIME, i, schedule.networkTime(times[i]));
        }
        return rows.to(device);
    }

    /** Whole numbers where the schedule has timesteps, as Python's trainers give them. */
    private Tensor networkTimes(LevelBatch levels) {
        Tensor times = of(levels, Row.TIME);
        return schedule.isDiscrete() ? times.to(DType.INT64) : times;
    }

    private static Tensor target(LevelBatch levels, Tensor x0, Tensor eps) {
        if (levels.shape().targetsNoise()) {
            return eps;
        }
        if (levels.shape().targetsImage()) {
            return x0;
        }
        return factor(levels, Row.TARGET_EPS)
                .mul(eps)
                .add(factor(levels, Row.TARGET_X0).mul(x0));
    }

    private Tensor forward(Tensor xt, Tensor times, Conditioning conditioning) {
        Tensor input = format == MemoryFormat.CONTIGUOUS ? xt : xt.contiguous(format);
        if (precision == DType.FLOAT32) {
            return network.forward(input, times, conditioning);
        }
        try (var _ = Autocast.open(xt.device().type(), precision)) {
            return network.forward(input, times, conditioning);
        }
    }
}
