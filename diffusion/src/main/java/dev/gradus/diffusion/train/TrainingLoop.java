package dev.gradus.diffusion.train;

import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.curriculum.Curriculum;
import dev.gradus.diffusion.data.Augmentation;
import dev.gradus.diffusion.data.Batch;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.data.Loader;
import dev.gradus.diffusion.objective.DenoisingLoss;
import dev.gradus.diffusion.objective.LossWeight;
import dev.gradus.diffusion.objective.Objective;
import dev.gradus.diffusion.schedule.LearnedSchedule;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.optim.GradientClipping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** The loop of {@link Trainer}: step by step from the state it is given to the last step, or until it is stopped. */
final class TrainingLoop {
    /** Steps between two spacings of a schedule that is learned by difficulty, beside those at new stages. */
    private static final int RESPACE_EVERY = 500;

    private static final Logger LOGGER = LogManager.getLogger(TrainingLoop.class);

    private final TrainConfig config;
    private final RunFolder folder;
    private final TrainListener listener;
    private final Optional<TrainingProbe> probe;
    private final TrainingState state;
    private final ImageDataset dataset;
    private final BooleanSupplier stopped;
    private final LearningRate learningRate;
    private final Conditioner conditioner;

    private JsonLines stages;
    private CheckpointWriter checkpoints;
    private double lastLoss = Double.NaN;

    TrainingLoop(
            TrainConfig config,
            RunFolder folder,
            TrainListener listener,
            Optional<TrainingProbe> probe,
            TrainingState state,
            ImageDataset dataset,
            BooleanSupplier stopped) {
        this.config = config;
        this.folder = folder;
        this.listener = listener;
        this.probe = probe;
        this.state = state;
        this.dataset = dataset;
        this.stopped = stopped;
        this.conditioner = state.conditioner;
        this.learningRate = new LearningRate(config.optimizer(), config.steps());
    }

    /** Returns the last loss reported. */
    double run() throws IOException {
        long start = state.step;
        boolean bf16 = config.precision() == TrainConfig.Precision.BF16;
        double maxNorm = config.optimizer().clip() > 0 ? config.optimizer().clip() : Double.POSITIVE_INFINITY;
        boolean perImage = state.schedule instanceof LearnedSchedule;
        DenoisingLoss objective = new DenoisingLoss(
                state.network,
                Objective.of(config.objective(), state.schedule.path(), config.sigmaData()),
                state.schedule,
                LossWeight.of(config.lossWeight(), config.sigmaData()),
                perImage,
                bf16);
        stages = JsonLines.open(folder.stagesFile(), state.step);
        try (JsonLines metrics = JsonLines.open(folder.metricsFile(), state.step);
                JsonLines _ = stages;
                Loader loader = new Loader(
                        dataset,
                        config.batchSize(),
                        state.device,
                        config.seed(),
                        start * config.batchSize(),
                        config.data().workers(),
                        Augmentation.of(config.data()));
                GradientClipping clipping =
                        new GradientClipping(List.copyOf(state.named().values()), maxNorm);
                LossBlock losses = new LossBlock(state.device, perImage ? config.batchSize() : 0);
                CheckpointWriter writer =
                        new CheckpointWriter(folder, config.checkpoint(), listener, new StateSnapshot(state, config))) {
            checkpoints = writer;
            listener.started(state.step, config.steps(), state.curriculum.stages(), state.device.toString());
            if (probe.isPresent()) {
                probe.get().started(state.step);
            }
            if (state.step == 0) {
                stageChanged();
                look(objective);
            }
            if (state.step > 0 && isDue(config.sampleEvery()) && !Files.exists(folder.picture(state.step))) {
                // The process ended between the checkpoint and its picture.
                picture();
            }
            state.meter.restartClock();

            while (state.step < config.steps() && !stopped.getAsBoolean()) {
                try (var _ = TensorScope.open()) {
                    Batch batch = loader.next();
                    double[] times = state.curriculum.sample(batch.size(), state.times);
                    DenoisingLoss.Loss loss =
                            objective.of(batch.images(), conditioner.of(batch, state.times), times, state.random);
                    state.optimizer.zeroGrad();
                    loss.mean().backward();
                    clipping.apply();
                    state.optimizer.step(learningRate.at(state.step));
                    state.ema.update(config.ema().decayAt(state.step));
                    losses.record(loss, times);
                }
                state.step++;
                state.meter.addImages(config.batchSize());

                boolean last = state.step == config.steps();
                boolean log = last || isDue(config.logEvery());
                boolean checkpoint = last || isDue(config.checkpoint().every());
                boolean picture = last || isDue(config.sampleEvery());
                if (losses.full() || log || checkpoint || picture) {
                    settle(losses.drain());
                }
                if (log) {
                    report(metrics, loader.takeWaited());
                }
                look(objective);
                checkpoints.poll();
                if (checkpoint) {
                    checkpoint();
                }
                if (picture) {
                    picture();
                }
            }
            if (state.step > start) {
                // Stopped between two checkpoints. The losses not reported yet are part of this one.
                settle(losses.drain());
                checkpoint();
            }
            checkpoints.await();
        }
        if (state.step >= config.steps() && !Files.exists(folder.picture(state.step))) {
            picture();
        }
        return lastLoss;
    }

    private boolean isDue(int every) {
        return every > 0 && state.step % every == 0;
    }

    /**
     * Takes the losses of the last steps: they must be finite, they pace the curriculum, and they move a learned schedule. All
     * of them were drawn before any of them was read.
     */
    private void settle(List<LossBlock.Entry> losses) throws IOException {
        boolean newStage = false;
        for (int i = 0; i < losses.size(); i++) {
            LossBlock.Entry entry = losses.get(i);
            if (!Double.isFinite(entry.mean())) {
                checkpoints.await();
                throw TrainingException.diverged(
                        "the loss became " + entry.mean() + " at step " + (state.step - losses.size() + i + 1),
                        folder.newestCheckpoint());
            }
            state.meter.add(entry.mean());
            state.observeLoss(entry.mean());
            newStage = newStage || state.curriculum.pace(entry.mean());
            if (state.schedule instanceof LearnedSchedule learned) {
                learned.observe(entry.times(), entry.noise());
            }
        }
        if (state.schedule instanceof LearnedSchedule learned && (newStage || isDue(RESPACE_EVERY))) {
            learned.respace();
        }
        if (newStage) {
            stageChanged();
        }
    }

    private void stageChanged() throws IOException {
        Curriculum curriculum = state.curriculum;
        StageChange change = new StageChange(
                state.step,
                curriculum.stage(),
                curriculum.stages(),
                curriculum.tMin(),
                curriculum.tMax(),
                curriculum.active());
        stages.write(change);
        listener.stageChanged(change);
    }

    private void report(JsonLines metrics, long waited) throws IOException {
        StepReport report = new StepReport(
                state.step,
                state.step * config.batchSize(),
                state.meter.meanLoss(),
                state.curriculum.stage(),
                state.curriculum.tMin(),
                state.curriculum.tMax(),
                learningRate.at(state.step - 1),
                state.meter.imagesPerSecond(),
                state.meter.share(waited));
        lastLoss = report.loss();
        metrics.write(report);
        listener.stepLogged(report);
        state.meter.reset();
    }

    private void look(DenoisingLoss loss) throws IOException {
        if (probe.isEmpty() || !probe.get().isDue(state.step)) {
            return;
        }
        long since = System.nanoTime();
        state.network.train(false);
        conditioner.train(false);
        try (var _ = TensorScope.open();
                var _ = Autograd.noGrad()) {
            probe.get()
                    .look(
                            state.step,
                            (batch, times, noise) -> loss.of(batch.images(), conditioner.whole(batch), times, noise),
                            state.device);
        } finally {
            state.network.train(true);
            conditioner.train(true);
        }
        state.meter.leaveOut(since);
    }

    private void checkpoint() throws IOException {
        long since = System.nanoTime();
        checkpoints.write(state.step);
        state.meter.leaveOut(since);
    }

    /** Charts only tell of the run: training goes on without them. */
    private void charts() {
        try {
            RunCharts.draw(folder);
        } catch (IOException e) {
            LOGGER.warn("the charts of {} could not be drawn: {}", folder.path(), e.getMessage());
        }
    }

    private void picture() throws IOException {
        long since = System.nanoTime();
        Path target = folder.picture(state.step);
        List<String> captions = Pictures.captions(dataset, config.sampling().count());
        try (Pictures pictures = new Pictures(config, state, state.ema.parameters(), captions, stopped)) {
            pictures.draw(target);
            listener.samplesWritten(state.step, target);
        } catch (CancellationException e) {
            // A picture is not worth the wait of someone who wants to stop.
        }
        charts();
        state.meter.leaveOut(since);
    }
}
