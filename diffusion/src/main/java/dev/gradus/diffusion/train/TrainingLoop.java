package dev.gradus.diffusion.train;

import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.curriculum.Curriculum;
import dev.gradus.diffusion.data.Augmentation;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.data.ImageOrder;
import dev.gradus.diffusion.data.Loader;
import dev.gradus.diffusion.internal.CapturedBody;
import dev.gradus.diffusion.objective.DenoisingLoss;
import dev.gradus.diffusion.schedule.LearnedSchedule;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** The loop of {@link Trainer}: step by step from the state it is given to the last step, or until it is stopped. */
final class TrainingLoop {
    /** Steps between two spacings of a schedule that is learned by difficulty, beside those at new stages. */
    private static final int RESPACE_EVERY = 500;

    /** Images that a message lists. */
    private static final int SHOWN_IMAGES = 64;

    private static final Logger LOGGER = LogManager.getLogger(TrainingLoop.class);

    private final TrainConfig config;
    private final RunFolder folder;
    private final TrainListener listener;
    private final Optional<TrainingProbe> probe;
    private final TrainingState state;
    private final ImageDataset dataset;
    private final BooleanSupplier stopped;
    private final Team team;
    private final LearningRate learningRate;
    private final Conditioner conditioner;
    private final MemoryUse memory;

    private JsonLines stages;
    private TensorBoard board;
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
        this.team = state.team;
        this.conditioner = state.conditioner;
        this.memory = new MemoryUse(state.device);
        this.learningRate = new LearningRate(config.optimizer(), config.steps());
    }

    /** Returns the last loss reported. */
    double run() throws IOException {
        long start = state.step;
        Machine.write(folder.machineFile(), state.device);
        boolean perImage = state.schedule instanceof LearnedSchedule;
        stages = JsonLines.open(folder.stagesFile(), state.step);
        board = new TensorBoard(config.tensorboard(), folder, state.step);
        try (CapturedBody.Stream _ = CapturedBody.stream(state.device);
                TensorBoard _ = board;
                JsonLines metrics = JsonLines.open(folder.metricsFile(), state.step);
                JsonLines _ = stages;
                Loader loader = new Loader(
                        dataset,
                        team.share(config.batchSize()),
                        state.device,
                        config.seed(),
                        start * config.batchSize(),
                        config.data().workers(),
                        Augmentation.of(config.data()));
                TrainingStep step = new TrainingStep(config, state, perImage);
                CapturedStep runner = CapturedStep.of(config, state, step);
                CheckpointWriter writer = new CheckpointWriter(folder, config.checkpoint(), listener, snapshot())) {
            checkpoints = writer;
            listener.started(state.step, config.steps(), state.curriculum.stages(), state.device.toString());
            if (probe.isPresent()) {
                probe.get().started(state.step);
            }
            if (state.step == 0) {
                stageChanged();
                look(step.objective());
            }
            if (state.step > 0 && isDue(config.sampleEvery()) && pictureIsMissing()) {
                // The process ended between the checkpoint and its picture.
                picture();
            }
            state.meter.restartClock();

            while (state.step < config.steps()
                    && !(team.isGroup() ? step.block().stopAsked() : stopped.getAsBoolean())) {
                try (var _ = TensorScope.open()) {
                    runner.run(conditioner.input(loader.next()));
                }
                step.block().counted();
                state.step++;
                state.meter.addImages(config.batchSize());

                boolean last = state.step == config.steps();
                boolean log = last || isDue(config.logEvery());
                boolean checkpoint = last || isDue(config.checkpoint().every());
                boolean snapshot = isDue(config.ema().snapshotEvery());
                boolean picture = last || isDue(config.sampleEvery());
                if (step.block().full() || log || checkpoint || snapshot || picture) {
                    settle(step, runner);
                }
                if (log) {
                    report(metrics, loader.takeWaited(), step.takeWaited());
                }
                look(step.objective());
                checkpoints.poll();
                if (checkpoint || snapshot) {
                    checkpoint(checkpoint, snapshot);
                }
                if (picture) {
                    picture();
                }
            }
            if (state.step > start) {
                // Stopped between two checkpoints. The losses not reported yet are part of this one.
                settle(step, runner);
                checkpoint(true, false);
            }
            checkpoints.await();
            if (state.step >= config.steps() && pictureIsMissing()) {
                picture();
            }
        }
        return lastLoss;
    }

    /** Whether rank 0 has not drawn the picture of this step. */
    private boolean pictureIsMissing() {
        return team.decide(!Files.exists(folder.picture(state.step)));
    }

    /** Null for a rank that writes no checkpoints. */
    private StateSnapshot snapshot() {
        collect();
        return team.isFirst() ? new StateSnapshot(state, config) : null;
    }

    /** Brings a state that is divided among the ranks to rank 0. */
    private void collect() {
        if (state.shards != null) {
            state.shards.collect();
        }
    }

    private boolean isDue(int every) {
        return every > 0 && state.step % every == 0;
    }

    /**
     * Takes the losses of the last steps: they pace the curriculum, and they move a learned schedule, but for those of steps that
     * were left out. All of them were drawn before any of them was read. Then the next block begins.
     */
    private void settle(TrainingStep step, CapturedStep runner) throws IOException {
        List<StepBlock.Entry> losses = step.block().drain(stopped.getAsBoolean());
        boolean newStage = false;
        for (int i = 0; i < losses.size(); i++) {
            StepBlock.Entry entry = losses.get(i);
            board.drawn(entry.times());
            String problem = state.skipped.take(entry, state.loss());
            if (problem != null) {
                skipped(problem, state.step - losses.size() + i + 1);
                continue;
            }
            state.meter.add(entry.mean());
            state.clusterLosses.add(entry.times(), entry.images());
            state.observeLoss(entry.mean());
            newStage = newStage || state.curriculum.pace(entry.mean());
            if (state.schedule instanceof LearnedSchedule learned) {
                learned.observe(entry.times(), entry.noise());
            }
        }
        if (state.schedule instanceof LearnedSchedule learned && (newStage || isDue(RESPACE_EVERY))) {
            learned.respace();
        }
        if (newStage && step.refresh()) {
            runner.captureAnew();
        }
        if (newStage) {
            stageChanged();
        }
        step.beginBlock();
    }

    /** @throws TrainingException if it is one too many */
    private void skipped(String problem, long step) throws IOException {
        ImageOrder order = new ImageOrder(dataset.size(), config.seed());
        long[] images = LongStream.range((step - 1) * config.batchSize(), step * config.batchSize())
                .map(order::at)
                .toArray();
        String what = problem + " at step " + step + " with the images " + numbers(images) + " of the data";
        LOGGER.warn("{}; it is left out", what);
        listener.stepSkipped(step, problem, images);
        if (state.skipped.tooMany()) {
            checkpoints.await();
            throw TrainingException.diverged(what + ", " + state.skipped.row(), folder.newestCheckpoint());
        }
    }

    private static String numbers(long[] images) {
        String shown = LongStream.of(images)
                .limit(SHOWN_IMAGES)
                .mapToObj(String::valueOf)
                .collect(Collectors.joining(", "));
        return images.length > SHOWN_IMAGES ? shown + " and " + (images.length - SHOWN_IMAGES) + " more" : shown;
    }

    private void stageChanged() throws IOException {
        Curriculum curriculum = state.curriculum;
        StageChange change = new StageChange(
                state.step,
                curriculum.stage(),
                curriculum.stages(),
                curriculum.tMin(),
                curriculum.tMax(),
                curriculum.active(),
                state.clusterLosses.clusters());
        stages.write(change);
        listener.stageChanged(change);
    }

    private void report(JsonLines metrics, long waited, long waitedForRanks) throws IOException {
        StepReport report = new StepReport(
                state.step,
                state.step * config.batchSize(),
                state.meter.meanLoss(),
                state.clusterLosses.means(),
                state.curriculum.stage(),
                state.curriculum.tMin(),
                state.curriculum.tMax(),
                learningRate.at(state.step - 1),
                state.meter.imagesPerSecond(),
                state.meter.share(waited),
                state.meter.shareOfAll(checkpoints.takeWaited()),
                team.isGroup() ? state.meter.share(waitedForRanks) : null,
                state.skipped.total(),
                memory.resident(),
                memory.devicePeak());
        lastLoss = report.loss();
        metrics.write(report);
        board.report(report);
        listener.stepLogged(report);
        state.meter.reset();
        state.clusterLosses.reset();
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

    private void checkpoint(boolean checkpoint, boolean snapshot) throws IOException {
        long since = System.nanoTime();
        if (probe.isPresent()) {
            state.score = probe.get().score(state.step);
        }
        if (team.decide(checkpoints.isDue(state.step, checkpoint, snapshot))) {
            collect();
            if (team.isFirst()) {
                checkpoints.write(state.step, checkpoint, snapshot);
            }
        }
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
        collect();
        if (!team.isFirst()) {
            state.meter.leaveOut(since);
            return;
        }
        Path target = folder.picture(state.step);
        List<String> captions = Pictures.captions(dataset, config.sampling().count());
        try (Pictures pictures =
                new Pictures(config, state, state.allAverages().get(Averages.MAIN), captions, stopped)) {
            pictures.draw(target);
            board.picture(state.step, target, state.named());
            listener.samplesWritten(state.step, target);
        } catch (CancellationException e) {
            // A picture is not worth the wait of someone who wants to stop.
        }
        charts();
        state.meter.leaveOut(since);
    }
}
