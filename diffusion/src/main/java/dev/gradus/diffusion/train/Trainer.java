package dev.gradus.diffusion.train;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.config.ConfigJson;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.curriculum.Curriculum;
import dev.gradus.diffusion.data.Datasets;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.report.RunReport;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.Device;
import dev.gradus.torch.Torch;
import dev.gradus.torch.distributed.DistributedException;
import dev.gradus.torch.distributed.ProcessGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Trains a model into a run folder. Running again into the folder of a run goes on from its newest checkpoint.
 *
 * <pre>{@code
 * Trainer trainer = new Trainer(config, Path.of("runs/first"), new TrainListener() {});
 * trainer.configText(yaml); // optional: otherwise config.yaml is written as JSON, which is YAML too
 * TrainResult result = trainer.run();
 * }</pre>
 */
public final class Trainer {
    /** What may differ between the configuration of a run and the one it is gone on with. */
    private static final Set<String> MAY_DIFFER = Set.of(
            "steps",
            "device",
            "threads",
            "logEvery",
            "sampleEvery",
            "tensorboard",
            "checkpoint",
            "divergence",
            "sampling",
            "memory.shardState",
            "data.path",
            "data.workers");

    private static final Logger LOGGER = LogManager.getLogger(Trainer.class);

    private final TrainConfig config;
    private final RunFolder folder;
    private final TrainListener listener;
    private String configText;
    private Optional<TrainingProbe> probe = Optional.empty();
    private Team team = Team.ALONE;
    private volatile boolean stopRequested;

    /**
     * Checks that the folder can be used, and changes nothing.
     *
     * @throws RunFolderException if {@code runFolder} holds something other than a run, or a run with another
     *     configuration. Only {@code steps}, {@code device}, {@code threads}, {@code logEvery}, {@code sampleEvery},
     *     {@code tensorboard}, {@code checkpoint}, {@code divergence}, {@code sampling}, {@code memory.shardState},
     *     {@code data.path} and {@code data.workers} may differ.
     * @throws ConfigException if pictures are to be guided, but the network has neither a null class nor text
     */
    public Trainer(TrainConfig config, Path runFolder, TrainListener listener) throws IOException {
        double scale = config.sampling().guidance().scale();
        if (scale != 1 && config.model().nullClass() == null && config.model().crossAttentionDim() == null) {
            throw new ConfigException(
                    "sampling.guidance.scale",
                    "must be 1 for a network without a class that stands for none (model.nullClassEmbed), is " + scale);
        }
        this.config = config;
        this.folder = RunFolder.open(runFolder);
        this.listener = listener;
        this.configText = ConfigJson.of(config).toPrettyString() + "\n";
        Optional<Path> checkpoint = folder.newestWholeCheckpoint((_, _) -> {});
        if (checkpoint.isPresent()) {
            checkSame(TrainingState.readJson(checkpoint.get()).path("config"));
        }
    }

    private void checkSame(JsonNode saved) throws RunFolderException {
        Optional<String> difference =
                ConfigJson.difference(ConfigJson.complete(saved), ConfigJson.of(config), MAY_DIFFER);
        if (difference.isPresent()) {
            throw new RunFolderException("folder " + folder.path() + " holds a run with another configuration: "
                    + difference.get() + "; nothing was changed; choose another folder, or the same configuration");
        }
    }

    public RunFolder folder() {
        return folder;
    }

    /**
     * Chooses the text of {@code config.yaml}, which {@link #run} writes once the data have been found in order.
     *
     * @throws RunFolderException if the folder has another {@code config.yaml} and no checkpoint that says whether it is
     *     of the same run
     */
    public void configText(String yaml) throws IOException {
        folder.checkConfig(yaml);
        configText = yaml;
    }

    /** Chooses what looks at the network while it trains. */
    public void probe(TrainingProbe chosen) {
        probe = Optional.of(chosen);
    }

    /**
     * Trains as one of the ranks of a group. Each rank has a trainer of its own with the same configuration; a batch is that of all of
     * them together. Rank 0's run folder is that of the run: the others have one each, which gets their metrics and nothing that a run
     * goes on from.
     *
     * @param group borrowed
     */
    public void group(ProcessGroup group) {
        team = new Team(group);
    }

    /**
     * Trains to the last step, or until {@link #requestStop}. Blocks; call once.
     *
     * @throws TrainingException if the loss is not finite; the checkpoints written before are kept
     * @throws ConfigException if the device asked for is not there, or {@code init} names no network like {@code model}
     * @throws DistributedException if another rank of the group is gone, or differs from this one
     * @throws IOException if data cannot be read or the run folder cannot be written; complete checkpoints are kept
     */
    public TrainResult run() throws IOException {
        try {
            return train();
        } catch (IOException | RuntimeException | Error e) {
            team.leave(e);
            throw e;
        }
    }

    private TrainResult train() throws IOException {
        long started = System.nanoTime();
        Optional<Path> newest = folder.newestWholeCheckpoint((_, _) -> {});
        long done = newest.map(RunFolder::stepOf).orElse(0L);
        if (team.decide(done >= config.steps() && Files.exists(folder.picture(done)))) {
            return result(TrainResult.Outcome.ALREADY_DONE, done, Double.NaN, started);
        }
        Device device = device();
        ImageDataset dataset;
        try {
            dataset = Datasets.open(
                    config.data(),
                    config.model().sampleSize(),
                    config.model().numClassEmbeds() != null,
                    this::preparing);
        } catch (CancellationException e) {
            team.leave(e);
            return result(TrainResult.Outcome.INTERRUPTED, done, Double.NaN, started);
        }
        checkData(dataset);
        team.check(config, dataset);
        // Reads the file that the curriculum may name, before anything is written.
        Curriculum.of(config.curriculum(), config.noise(), NoiseSchedule.of(config.schedule()), config.seed());
        if (newest.isEmpty() && team.isFirst()) {
            InitialNetwork.check(config);
        }
        ImageDataset trainedOn = probe.isPresent() ? probe.get().trainedOn(dataset) : dataset;
        prepareTorch(device);
        try (var _ = folder.acquire()) {
            Optional<Path> checkpoint = checkpoint();
            // A checkpoint has all weights, and where they once came from may be gone.
            TrainConfig beginning = checkpoint.isPresent() || !team.isFirst() ? config.with("init", null) : config;
            try (TrainingState state = new TrainingState(beginning, device, dataset, team)) {
                // Only now, so that a network too large for the memory leaves nothing behind.
                folder.writeConfig(configText);
                Together.begin(state, config, checkpoint);
                folder.deleteSnapshotsAfter(state.step);
                TrainingLoop loop =
                        new TrainingLoop(config, folder, listener, probe, state, trainedOn, () -> stopRequested);
                double loss;
                try {
                    loss = loop.run();
                } catch (TrainingException e) {
                    report();
                    throw e;
                }
                report();
                boolean finished =
                        team.decide(state.step >= config.steps() && Files.exists(folder.picture(state.step)));
                return result(
                        finished ? TrainResult.Outcome.FINISHED : TrainResult.Outcome.INTERRUPTED,
                        state.step,
                        loss,
                        started);
            }
        }
    }

    /** The page only tells of the run: what was trained is there without it. */
    private void report() {
        if (!team.isFirst()) {
            return;
        }
        try {
            RunReport.write(folder.files(), folder.reportFile());
        } catch (IOException e) {
            LOGGER.warn("the report of {} could not be written: {}", folder.path(), e.getMessage());
        }
    }

    /** The one to go on from; damaged ones are set aside. */
    private Optional<Path> checkpoint() throws IOException {
        List<Path> damaged = new ArrayList<>();
        Optional<Path> whole = folder.newestWholeCheckpoint((checkpoint, problem) -> {
            damaged.add(checkpoint);
            LOGGER.warn("checkpoint {} is damaged and not used: {}", checkpoint, problem);
            listener.checkpointDamaged(checkpoint, problem);
        });
        for (Path checkpoint : damaged) {
            folder.setAside(checkpoint);
        }
        return whole;
    }

    private void preparing(String what, long done, long total) {
        listener.preparing(what, done, total);
        if (stopRequested) {
            throw new CancellationException("stopped while preparing");
        }
    }

    private Device device() {
        boolean cuda = Torch.cudaIsAvailable();
        if (config.device().equals("auto")) {
            return cuda ? team.cuda() : Device.cpu();
        }
        Device device = Device.parse(config.device());
        if (device.isCuda() && !cuda) {
            throw new ConfigException(
                    "device",
                    "is " + config.device() + ", but "
                            + (Torch.hasCuda() ? "no CUDA device was found" : "this libtorch was built without CUDA")
                            + "; use auto or cpu");
        }
        return device;
    }

    private void checkData(ImageDataset dataset) {
        if (dataset.channels() != config.model().inChannels()) {
            throw new ConfigException(
                    "model.inChannels",
                    "is " + config.model().inChannels() + ", but the images have " + dataset.channels()
                            + "; set it and model.outChannels to that, or data.channels to have the images converted");
        }
        Conditioner.checkCaptions(config, dataset);
        int classes = ImageGenerator.classes(config.model());
        for (long i = 0; classes > 0 && i < dataset.size(); i++) {
            if (dataset.label(i) >= classes) {
                throw new ConfigException(
                        "model.numClassEmbeds",
                        "is " + config.model().numClassEmbeds() + ", which is " + classes + " classes"
                                + (config.model().nullClassEmbed() ? " and the one for none" : "") + ", but image " + i
                                + " has the label " + dataset.label(i));
            }
        }
    }

    private void prepareTorch(Device device) {
        if (config.threads() > 0) {
            Torch.setNumThreads(config.threads());
        }
        Kernels.prepare(config, device);
        if (!device.isCuda()) {
            // A step frees what the next one takes: giving it back to the system would cost page faults.
            Torch.retainFreedMemory();
        }
    }

    private TrainResult result(TrainResult.Outcome outcome, long step, double loss, long started) throws IOException {
        return new TrainResult(
                outcome,
                step,
                step * config.batchSize(),
                loss,
                folder.newestCheckpoint(),
                folder.newestPicture(),
                Duration.ofNanos(System.nanoTime() - started));
    }

    /** Asks {@link #run} to finish its step, write a checkpoint and return. From any thread, any number of times. */
    public void requestStop() {
        stopRequested = true;
    }
}
