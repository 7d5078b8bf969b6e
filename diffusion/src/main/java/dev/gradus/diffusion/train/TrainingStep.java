package dev.gradus.diffusion.train;

import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.data.Batch;
import dev.gradus.diffusion.objective.DenoisingLoss;
import dev.gradus.diffusion.objective.LossWeight;
import dev.gradus.diffusion.objective.Objective;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.DType;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorList;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.optim.GradientClipping;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One step of training: the loss of a batch and its gradient, in pieces where memory asks for it, and the update, unless loss or
 * gradient is not fit for one. Which it is stays on the device; on the CPU it is known at once.
 */
final class TrainingStep implements AutoCloseable {
    private final TrainConfig config;
    private final TrainingState state;
    private final DenoisingLoss objective;
    private final LearningRate learningRate;
    private final TensorList parameters;
    private final GradientClipping clipping;

    /**
     * What a step came to; in the scope of the step.
     *
     * @param loss of the whole batch, without a graph
     * @param gradientNorm before it was clipped
     * @param skipped float32, 1 if nothing was changed, else 0
     */
    record Outcome(DenoisingLoss.Loss loss, Tensor gradientNorm, Tensor skipped) {}

    /** @param perImage whether the errors of eps of the single images are wanted */
    TrainingStep(TrainConfig config, TrainingState state, boolean perImage) {
        this.config = config;
        this.state = state;
        this.learningRate = new LearningRate(config.optimizer(), config.steps());
        double maxNorm = config.optimizer().clip() > 0 ? config.optimizer().clip() : Double.POSITIVE_INFINITY;
        List<Tensor> named = List.copyOf(state.named().values());
        parameters = TensorList.of(named);
        clipping = new GradientClipping(named, maxNorm);
        objective = new DenoisingLoss(
                state.network,
                Objective.of(config.objective(), state.schedule.path(), config.sigmaData()),
                state.schedule,
                LossWeight.of(config.lossWeight(), config.sigmaData()),
                perImage,
                precision(config),
                Kernels.format(config, state.device));
    }

    private static DType precision(TrainConfig config) {
        return switch (config.precision()) {
            case FP32 -> DType.FLOAT32;
            case BF16 -> DType.BFLOAT16;
            case FP16 -> DType.FLOAT16;
        };
    }

    /** The loss that is trained. */
    DenoisingLoss objective() {
        return objective;
    }

    /** The learning rate after {@code step} steps. */
    double learningRate(long step) {
        return learningRate.at(step);
    }

    /** Makes the step after {@code state.step} steps. */
    Outcome run(Batch batch, double[] times) {
        Tensor leftOut = state.conditioner.drawLeftOut(batch.size(), state.times);
        state.optimizer.zeroGrad();
        DenoisingLoss.Loss loss =
                config.memory().pieces() == 1 ? whole(batch, leftOut, times) : inPieces(batch, leftOut, times);
        if (state.scaler != null) {
            state.scaler.unscale_(parameters);
        }
        Tensor norm = clipping.apply();
        try (var _ = Autograd.noGrad()) {
            Tensor skipped = unfit(loss.mean(), norm).to(DType.FLOAT32);
            update(skipped);
            if (state.scaler != null) {
                state.scaler.update();
            }
            return new Outcome(loss, norm, skipped);
        }
    }

    private DenoisingLoss.Loss whole(Batch batch, Tensor leftOut, double[] times) {
        DenoisingLoss.Loss loss =
                objective.of(batch.images(), state.conditioner.of(batch, leftOut), times, state.random);
        backward(loss.mean());
        return new DenoisingLoss.Loss(loss.mean().detach(), loss.images(), loss.noise());
    }

    /** The gradient of the mean over the batch is the sum of those of its parts, each weighted by its share of the images. */
    private DenoisingLoss.Loss inPieces(Batch batch, Tensor leftOut, double[] times) {
        Tensor eps = Torch.randnLike(batch.images(), state.random);
        int pieces = config.memory().pieces();
        Tensor mean = null;
        List<Tensor> images = new ArrayList<>();
        List<Tensor> noise = new ArrayList<>();
        for (int piece = 0; piece < pieces; piece++) {
            int from = Math.toIntExact((long) piece * batch.size() / pieces);
            int count = Math.toIntExact((piece + 1L) * batch.size() / pieces) - from;
            try (TensorScope scope = TensorScope.open()) {
                Batch part = new Batch(
                        batch.images().narrow(0, from, count),
                        batch.labels().narrow(0, from, count),
                        batch.captions().subList(from, from + count));
                DenoisingLoss.Loss loss = objective.of(
                        part.images(),
                        state.conditioner.of(part, leftOut == null ? null : leftOut.narrow(0, from, count)),
                        Arrays.copyOfRange(times, from, from + count),
                        eps.narrow(0, from, count));
                Tensor share = loss.mean().mul((double) count / batch.size());
                backward(share);
                mean = scope.promote(mean == null ? share.detach() : mean.add(share.detach()));
                images.add(scope.promote(loss.images()));
                if (loss.noise() != null) {
                    noise.add(scope.promote(loss.noise()));
                }
            }
        }
        return new DenoisingLoss.Loss(mean, Torch.cat(images, 0), noise.isEmpty() ? null : Torch.cat(noise, 0));
    }

    private void backward(Tensor loss) {
        if (state.scaler == null) {
            loss.backward();
        } else {
            state.scaler.scale(loss).backward();
        }
    }

    /** Whether loss or gradient is not finite, or the loss explodes; a bool without dimensions. */
    private Tensor unfit(Tensor loss, Tensor norm) {
        double average = state.loss();
        boolean limited = config.divergence().spike() > 0 && Double.isFinite(average);
        Tensor fit = limited ? loss.abs().le(config.divergence().spike() * average) : loss.isfinite();
        return fit.logicalAnd(norm.isfinite()).logicalNot();
    }

    private void update(Tensor skipped) {
        state.optimizer.setLearningRate(learningRate.at(state.step));
        if (state.device.isCuda()) {
            state.optimizer.step(null, skipped);
        } else if (skipped.item() == 0) {
            state.optimizer.step();
        }
        state.averages.update(state.step);
    }

    @Override
    public void close() {
        clipping.close();
        parameters.close();
    }
}
