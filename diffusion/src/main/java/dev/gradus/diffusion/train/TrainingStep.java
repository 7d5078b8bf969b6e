package dev.gradus.diffusion.train;

import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.data.Share;
import dev.gradus.diffusion.objective.DenoisingLoss;
import dev.gradus.diffusion.objective.LevelBatch;
import dev.gradus.diffusion.objective.LossWeight;
import dev.gradus.diffusion.objective.Objective;
import dev.gradus.diffusion.schedule.LearnedSchedule;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.DType;
import dev.gradus.torch.Foreach;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorList;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.distributed.GradientReducer;
import dev.gradus.torch.optim.GradientClipping;
import java.util.ArrayList;
import java.util.List;

/**
 * One step of training: what it draws, the loss of a batch and its gradient, in pieces where memory asks for it, and the update,
 * unless loss or gradient is not fit for one. On a GPU all of it is there, and it can be captured: what the host decides, the
 * step reads from a {@link StepBlock} and a {@link LevelDraw}, and what it comes to goes into the block. On the CPU whether a
 * step is fit is known at once.
 */
final class TrainingStep implements AutoCloseable {
    /** What a step takes from its block: the learning rate, the largest loss, then the weight of each average. */
    private static final int RATE = 0;

    private static final int BOUND = 1;
    private static final int FIRST_WEIGHT = 2;

    /** Steps whose losses are read at once, where reading them means waiting for the device. */
    private static final int BLOCK = 16;

    private final TrainConfig config;
    private final TrainingState state;
    private final boolean resident;
    private final int batchSize;
    private final DenoisingLoss objective;
    private final LearningRate learningRate;
    private final TensorList parameters;
    private final GradientClipping clipping;
    private final LevelDraw levels;
    private final StepBlock block;
    private final GradientReducer reducer; // null for one process
    private long waited;

    /**
     * What a step came to; in the scope of the step.
     *
     * @param loss without a graph: the mean of the whole batch of all ranks, and the single losses of this rank's images
     * @param gradientNorm before it was clipped
     * @param skipped float32, 1 if nothing was changed, else 0
     * @param times (B) float64
     */
    record Outcome(DenoisingLoss.Loss loss, Tensor gradientNorm, Tensor skipped, Tensor times) {}

    /** @param perImage whether the errors of eps of the single images are wanted */
    TrainingStep(TrainConfig config, TrainingState state, boolean perImage) {
        this(config, state, perImage, config.batchSize(), state.device.isCuda());
    }

    /**
     * @param batchSize images of a step, those of all ranks together
     * @param resident whether the step draws and decides on the device, as is done on a GPU
     */
    TrainingStep(TrainConfig config, TrainingState state, boolean perImage, int batchSize, boolean resident) {
        this.config = config;
        this.state = state;
        this.resident = resident;
        this.batchSize = batchSize;
        this.learningRate = new LearningRate(config.optimizer(), config.steps());
        double maxNorm = config.optimizer().clip() > 0 ? config.optimizer().clip() : Double.POSITIVE_INFINITY;
        List<Tensor> named = List.copyOf(state.named().values());
        parameters = TensorList.of(named);
        clipping = new GradientClipping(named, maxNorm);
        reducer = state.team.isGroup() ? new GradientReducer(state.team.group(), state.named(), 1) : null;
        objective = new DenoisingLoss(
                state.network,
                Objective.of(config.objective(), state.schedule.path(), config.sigmaData()),
                state.schedule,
                LossWeight.of(config.lossWeight(), config.sigmaData()),
                perImage,
                Kernels.precision(config, state.device),
                Kernels.format(config, state.device));
        // A schedule that is learned moves with every loss, so no table of it holds for long.
        levels = resident && !(state.schedule instanceof LearnedSchedule)
                ? new LevelDraw.OnDevice(state.curriculum, objective, state.random)
                : new LevelDraw.OnHost(state.curriculum, objective, state.times, state.device);
        block = new StepBlock(
                state.device,
                batchSize,
                FIRST_WEIGHT + state.averages.folders().size(),
                perImage,
                resident ? BLOCK : 1,
                state.team);
        beginBlock();
    }

    /** The loss that is trained. */
    DenoisingLoss objective() {
        return objective;
    }

    /** The learning rate after {@code step} steps. */
    double learningRate(long step) {
        return learningRate.at(step);
    }

    /** What the host reads and decides between steps. */
    StepBlock block() {
        return block;
    }

    /** Tells the device what the steps from {@code state.step} on take, after the losses of the ones before were read. */
    void beginBlock() {
        double average = state.loss();
        double spike = config.divergence().spike();
        double bound = spike > 0 && Double.isFinite(average) ? spike * average : Double.POSITIVE_INFINITY;
        block.begin(state.step, step -> {
            double[] weights = state.averages.weightsAt(step);
            double[] numbers = new double[FIRST_WEIGHT + weights.length];
            numbers[RATE] = learningRate.at(step);
            numbers[BOUND] = bound;
            System.arraycopy(weights, 0, numbers, FIRST_WEIGHT, weights.length);
            return numbers;
        });
    }

    /**
     * The curriculum has a new stage.
     *
     * @return whether a step that was captured no longer does what it should
     */
    boolean refresh() {
        return levels.refresh();
    }

    /**
     * Makes the next step of the block. All that it leaves is on the device.
     *
     * @param batch this rank's share
     */
    void run(StepInput batch) {
        Tensor numbers = block.numbers();
        Share share = state.team.isGroup() ? state.team.share(batchSize) : Share.all(batch.size());
        // Drawn for all ranks by each of them, so that their generators stay the same.
        LevelDraw.Drawn drawn = levels.draw(share.of());
        LevelBatch own =
                share.count() == share.of() ? drawn.levels() : drawn.levels().narrow(share.from(), share.count());
        Tensor allLeftOut = state.conditioner.drawLeftOut(share.of(), resident ? state.random : state.times);
        Tensor leftOut = allLeftOut == null ? null : allLeftOut.narrow(0, share.from(), share.count());
        state.beginStep();
        Foreach.zeroGrad(parameters);
        DenoisingLoss.Loss loss = config.memory().pieces() == 1
                ? whole(batch, leftOut, own, share)
                : inPieces(batch, leftOut, own, share);
        if (reducer != null) {
            loss = new DenoisingLoss.Loss(reducer.finish().squeeze(), loss.images(), loss.noise());
        }
        if (state.scaler != null) {
            state.scaler.unscale_(parameters);
        }
        Tensor norm = clipping.apply();
        try (var _ = Autograd.noGrad()) {
            Tensor skipped = unfit(loss.mean(), norm, numbers.select(0, BOUND)).to(DType.FLOAT32);
            update(numbers, skipped);
            if (state.scaler != null) {
                state.scaler.update();
            }
            block.record(new Outcome(loss, norm, skipped, drawn.times()));
        }
    }

    private DenoisingLoss.Loss whole(StepInput batch, Tensor leftOut, LevelBatch drawn, Share share) {
        Tensor eps = state.noise(batch.images(), state.step * share.of() + share.from());
        DenoisingLoss.Loss loss = objective.of(batch.images(), state.conditioner.of(batch, leftOut), drawn, eps);
        Tensor mean = share.count() == share.of() ? loss.mean() : loss.mean().mul((double) share.count() / share.of());
        reduceWith(mean);
        backward(mean);
        return new DenoisingLoss.Loss(mean.detach(), loss.images(), loss.noise());
    }

    /** Has the next backward end in the gradients, and the loss, of all ranks together. */
    private void reduceWith(Tensor loss) {
        if (reducer != null) {
            reducer.begin(loss);
        }
    }

    /** The gradient of the mean over the batch is the sum of those of its parts, each weighted by its share of the images. */
    private DenoisingLoss.Loss inPieces(StepInput batch, Tensor leftOut, LevelBatch drawn, Share share) {
        Tensor eps = state.noise(batch.images(), state.step * share.of() + share.from());
        int pieces = Math.min(config.memory().pieces(), share.count());
        Tensor mean = null;
        List<Tensor> images = new ArrayList<>();
        List<Tensor> noise = new ArrayList<>();
        for (int piece = 0; piece < pieces; piece++) {
            int from = Math.toIntExact((long) piece * batch.size() / pieces);
            int count = Math.toIntExact((piece + 1L) * batch.size() / pieces) - from;
            try (TensorScope scope = TensorScope.open()) {
                StepInput part = batch.narrow(from, count);
                DenoisingLoss.Loss loss = objective.of(
                        part.images(),
                        state.conditioner.of(part, leftOut == null ? null : leftOut.narrow(0, from, count)),
                        drawn.narrow(from, count),
                        eps.narrow(0, from, count));
                Tensor weighted = loss.mean().mul((double) count / share.of());
                Tensor sum = mean == null ? weighted.detach() : mean.add(weighted.detach());
                if (piece == pieces - 1) {
                    reduceWith(sum);
                }
                backward(weighted);
                mean = scope.promote(sum);
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
    private static Tensor unfit(Tensor loss, Tensor norm, Tensor bound) {
        Tensor fit = loss.isfinite().logicalAnd(loss.abs().le(bound));
        return fit.logicalAnd(norm.isfinite()).logicalNot();
    }

    private void update(Tensor numbers, Tensor skipped) {
        Tensor rate = numbers.select(0, RATE);
        if (resident) {
            state.optimizer.step(rate, null, skipped);
        } else if (skipped.item() == 0) {
            state.optimizer.step(rate, null, null);
        }
        if (state.shards != null) {
            long since = System.nanoTime();
            state.shards.exchange();
            waited += System.nanoTime() - since;
        }
        state.averages.update(
                numbers.narrow(0, FIRST_WEIGHT, state.averages.folders().size()));
    }

    /** Nanoseconds that steps have waited for other ranks since the last call of this: what was not hidden behind backward. */
    long takeWaited() {
        long nanos = waited + block.takeWaited() + (reducer == null ? 0 : reducer.takeWaited());
        waited = 0;
        return nanos;
    }

    @Override
    public void close() {
        if (reducer != null) {
            reducer.close();
        }
        block.close();
        levels.close();
        clipping.close();
        parameters.close();
    }
}
