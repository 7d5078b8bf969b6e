package dev.gradus.diffusion.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.config.ConfigJson;
import dev.gradus.diffusion.config.OptimizerConfig;
import dev.gradus.diffusion.config.ScheduleConfig.Learned;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.curriculum.Curriculum;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.schedule.LearnedSchedule;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.BuildInfo;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.GradScaler;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensors;
import dev.gradus.torch.optim.AdamW;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * All that training changes, and so all that a checkpoint holds: weights, averages, optimizer, random numbers, curriculum
 * and position. Owns its tensors.
 */
final class TrainingState implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int FORMAT = 3;
    static final String JSON_FILE = "state.json";

    /** The weight of the past in {@link #loss}. */
    private static final double LOSS_MEMORY = 0.99;

    final Device device;
    final Network network;
    final AdamW optimizer;
    final Averages averages;
    final Curriculum curriculum;
    final Meter meter = new Meter();
    final ClusterLosses clusterLosses;
    /** Draws the initial weights (on the CPU), then the noise. */
    final Generator random;
    /** Draws the times, on the CPU; the same as {@link #random} where training is there too. */
    final Generator times;

    final NoiseSchedule schedule;
    final Conditioner conditioner;
    /** Of the loss in fp16; null in other precisions. */
    final GradScaler scaler;

    final SkippedSteps skipped;

    /** The ranks that train. */
    final Team team;
    /** Random numbers of a team; null for one process, whose numbers are those of {@link #random}. */
    private final Streams streams;
    /** What this rank has of a state that is divided among the ranks; null where each has all. */
    final Shards shards;

    /** Steps done. */
    long step;

    /** The exponential average of the loss; NaN before the first step. */
    private double loss = Double.NaN;

    /** By which checkpoints are compared; NaN for the loss. */
    double score = Double.NaN;

    /** That of one process. */
    TrainingState(TrainConfig config, Device device, ImageDataset dataset) throws IOException {
        this(config, device, dataset, Team.ALONE);
    }

    /**
     * The state before the first step, as the seed determines it.
     *
     * @param team borrowed
     */
    TrainingState(TrainConfig config, Device device, ImageDataset dataset, Team team) throws IOException {
        this.device = device;
        this.team = team;
        // Dropout draws from the default generator.
        Torch.manualSeed(config.seed());
        Generator initial = Generator.cpu(config.seed());
        network = InitialNetwork.of(config, initial);
        conditioner = Conditioner.of(config, dataset, initial, device);
        network.recomputeBlocks(config.memory().recompute());
        scaler = config.precision() == TrainConfig.Precision.FP16 ? new GradScaler() : null;
        skipped = new SkippedSteps(config);
        if (device.isCuda()) {
            network.to(device);
            random = Generator.on(device, config.seed());
        } else {
            random = initial;
        }
        Kernels.choose(config, network, device);
        times = initial;
        schedule = NoiseSchedule.of(config.schedule());
        streams = team.isGroup() ? new Streams(config.seed(), Generator.on(device, 0)) : null;
        shards = team.size() > 1 && config.memory().shardState() ? new Shards(team.group(), named()) : null;
        SequencedMap<String, Tensor> own = shards == null ? named() : shards.owned();
        OptimizerConfig options = config.optimizer();
        optimizer = new AdamW(
                own,
                new AdamW.Options(
                        options.betas().get(0), options.betas().get(1), options.eps(), options.weightDecay()));
        averages = new Averages(config.ema(), config.batchSize(), own);
        if (shards != null) {
            shards.holds(stateByKind());
        }
        curriculum = Curriculum.of(config.curriculum(), config.noise(), schedule, config.seed());
        clusterLosses = new ClusterLosses(Curriculum.clusters(config.curriculum(), config.noise(), schedule));
    }

    /** All that is trained. */
    SequencedMap<String, Tensor> named() {
        SequencedMap<String, Tensor> named = new LinkedHashMap<>(network.namedParameters());
        named.putAll(conditioner.namedParameters());
        return named;
    }

    /** All weights that a checkpoint holds; the live tensors. */
    Map<String, Tensor> weights() {
        Map<String, Tensor> named = new LinkedHashMap<>(network.stateDict());
        named.putAll(conditioner.weights());
        return named;
    }

    /** The optimizer's state and the averages by kind, such as {@code optimizer/exp_avg} or {@code ema}, and name of the parameter. */
    private SequencedMap<String, Map<String, Tensor>> stateByKind() {
        SequencedMap<String, Map<String, Tensor>> kinds = new LinkedHashMap<>(averages.parameters());
        kinds.putAll(byKind(optimizer.state()));
        return kinds;
    }

    private static SequencedMap<String, Map<String, Tensor>> byKind(Map<String, Tensor> optimizerState) {
        SequencedMap<String, Map<String, Tensor>> kinds = new LinkedHashMap<>();
        optimizerState.forEach((key, tensor) -> kinds.computeIfAbsent(
                        "optimizer/" + key.substring(0, key.indexOf('.')), _ -> new LinkedHashMap<>())
                .put(key.substring(key.indexOf('.') + 1), tensor));
        return kinds;
    }

    /** The optimizer's state as a checkpoint holds it. Of a divided state on rank 0, after it was collected. */
    Map<String, Tensor> optimizerState() {
        if (shards == null) {
            return optimizer.state();
        }
        Map<String, Tensor> whole = new LinkedHashMap<>();
        byKind(optimizer.state())
                .keySet()
                .forEach(kind -> shards.whole(kind)
                        .forEach((name, tensor) ->
                                whole.put(kind.substring(kind.indexOf('/') + 1) + "." + name, tensor)));
        return whole;
    }

    /** The averages as a checkpoint holds them, by folder. Of a divided state on rank 0, after it was collected. */
    SequencedMap<String, Map<String, Tensor>> allAverages() {
        if (shards == null) {
            return averages.parameters();
        }
        SequencedMap<String, Map<String, Tensor>> whole = new LinkedHashMap<>();
        averages.folders().forEach(folder -> whole.put(folder, shards.whole(folder)));
        return whole;
    }

    /**
     * Draws the noise of this rank's images.
     *
     * @param position of the first of them in the run
     */
    Tensor noise(Tensor images, long position) {
        return streams == null ? Torch.randnLike(images, random) : streams.noise(images, position);
    }

    /** To be called before each step. */
    void beginStep() {
        if (streams != null) {
            streams.beginStep(step, team.rank());
        }
    }

    /** What a checkpoint holds beside tensors. */
    ObjectNode json(TrainConfig config) {
        ObjectNode state = JSON.createObjectNode();
        state.put("format", FORMAT);
        state.put("step", step);
        state.put("images", step * config.batchSize());
        state.put("dataPosition", step * config.batchSize());
        state.put("stage", curriculum.stage());
        if (Double.isNaN(loss)) {
            state.putNull("loss");
        } else {
            state.put("loss", loss);
        }
        if (!Double.isNaN(score) || !Double.isNaN(loss)) {
            state.put("score", Double.isNaN(score) ? loss : score);
        }
        state.put("learningRate", new LearningRate(config.optimizer(), config.steps()).at(step));
        state.set("curriculum", curriculum.state());
        if (schedule instanceof LearnedSchedule learned) {
            state.set("schedule", learned.state());
        }
        state.set("losses", meter.state());
        state.set("clusterLosses", clusterLosses.state());
        state.set("skipped", skipped.state());
        if (scaler != null) {
            ObjectNode scaling = state.putObject("scaler");
            scaler.state().forEach((name, value) -> scaling.put(name, value.doubleValue()));
        }
        BuildInfo build = Torch.buildInfo();
        state.putObject("software")
                .put("gradus", build.shimVersion())
                .put("libtorch", build.libtorchVersion())
                .put("cpuCapability", build.cpuCapability())
                .put("java", Runtime.version().toString())
                .put("device", device.toString());
        state.set("config", ConfigJson.of(config));
        return state;
    }

    /** The exponential average of the loss; NaN before the first step. */
    double loss() {
        return loss;
    }

    /** Takes note of the loss of a step. */
    void observeLoss(double value) {
        loss = Double.isNaN(loss) ? value : LOSS_MEMORY * loss + (1 - LOSS_MEMORY) * value;
    }

    /**
     * Goes on from a checkpoint.
     *
     * @throws IOException if it cannot be read or does not fit; this state must not be used then
     */
    void load(Path folder) throws IOException {
        JsonNode state = readJson(folder);
        try (var _ = TensorScope.open();
                Network weights = Network.load(folder.resolve("model"))) {
            network.loadStateDict(weights.stateDict());
            conditioner.load(folder.resolve("model"));
            Map<String, Tensor> optimizerState = SafeTensors.load(folder.resolve("optimizer.safetensors"));
            if (shards == null) {
                for (String average : averages.folders()) {
                    try (var _ = TensorScope.open()) {
                        averages.load(average, average(folder.resolve(average)));
                    }
                }
                optimizer.loadState(optimizerState);
            } else {
                Map<String, Map<String, Tensor>> whole = new LinkedHashMap<>(byKind(optimizerState));
                for (String average : averages.folders()) {
                    whole.put(average, average(folder.resolve(average)));
                }
                shards.distribute(whole);
            }
            restore(state, SafeTensors.load(folder.resolve("random.safetensors")));
        } catch (IllegalArgumentException | NullPointerException e) {
            throw new RunFolderException(
                    "checkpoint " + folder + " does not fit its run: " + e.getMessage()
                            + "; delete it to go on from the one before",
                    e);
        }
    }

    /** Restores all but tensors, and random numbers. */
    void restore(JsonNode state, Map<String, Tensor> generators) {
        try (Generator dropout = Generator.defaultOf(device)) {
            random.setState(generators.get("training"));
            times.setState(generators.get("times"));
            dropout.setState(generators.get("default"));
        }
        curriculum.restore(state.path("curriculum"));
        restoreSchedule(schedule, state);
        meter.restore(state.path("losses"));
        clusterLosses.restore(state.path("clusterLosses"));
        step = state.path("step").asLong();
        loss = state.path("loss").asDouble(Double.NaN);
        skipped.restore(state.path("skipped"));
        if (scaler != null) {
            Map<String, Double> scaling = new LinkedHashMap<>();
            state.path("scaler")
                    .properties()
                    .forEach(entry ->
                            scaling.put(entry.getKey(), entry.getValue().asDouble()));
            scaler.loadState(scaling);
        }
    }

    /** The states of all generators, for {@link #restore}. */
    Map<String, byte[]> generators() {
        try (var _ = TensorScope.open();
                Generator dropout = Generator.defaultOf(device)) {
            return Map.of(
                    "training", random.state().toByteArray(),
                    "times", times.state().toByteArray(),
                    "default", dropout.state().toByteArray());
        }
    }

    /** Of the current scope. */
    private Map<String, Tensor> average(Path folder) throws IOException {
        try (TensorScope scope = TensorScope.open();
                Network saved = Network.load(folder)) {
            Map<String, Tensor> all = new LinkedHashMap<>();
            saved.namedParameters()
                    .forEach((name, tensor) ->
                            all.put(name, scope.promote(tensor.detach().clone())));
            conditioner.loadAverages(folder).forEach((name, tensor) -> all.put(name, scope.promote(tensor)));
            return all;
        }
    }

    private static void restoreSchedule(NoiseSchedule schedule, JsonNode state) {
        if (schedule instanceof LearnedSchedule learned) {
            learned.restore(state.path("schedule"));
        }
    }

    /** The schedule as it was at a checkpoint, for sampling. */
    static NoiseSchedule schedule(TrainConfig config, Path checkpoint) throws IOException {
        NoiseSchedule schedule = NoiseSchedule.of(config.schedule());
        if (config.schedule().learned() != Learned.NONE) {
            try {
                restoreSchedule(schedule, readJson(checkpoint));
            } catch (IllegalArgumentException e) {
                throw unreadable(checkpoint, e);
            }
        }
        return schedule;
    }

    /** The file {@code state.json} of a checkpoint. */
    static JsonNode readJson(Path checkpoint) throws IOException {
        Path file = checkpoint.resolve(JSON_FILE);
        JsonNode state;
        try {
            state = JSON.readTree(file.toFile());
        } catch (IOException e) {
            throw unreadable(checkpoint, e);
        }
        int format = state.path("format").asInt();
        if (format == 0 || !state.path("step").isIntegralNumber()) {
            throw unreadable(checkpoint, null);
        }
        checkFormat(checkpoint, format);
        return state;
    }

    /**
     * Refuses a checkpoint of another format, which is not to be taken for a damaged one.
     *
     * @throws RunFolderException if its {@code state.json} can be read and says so
     */
    static void refuseOtherFormat(Path checkpoint) throws RunFolderException {
        int format;
        try {
            format = JSON.readTree(checkpoint.resolve(JSON_FILE).toFile())
                    .path("format")
                    .asInt();
        } catch (IOException e) {
            return;
        }
        if (format != 0) {
            checkFormat(checkpoint, format);
        }
    }

    private static void checkFormat(Path checkpoint, int format) throws RunFolderException {
        if (format != FORMAT) {
            throw new RunFolderException("checkpoint " + checkpoint + " has the format " + format
                    + ", and this version of" + " Gradus reads the format " + FORMAT
                    + "; go on with the version that wrote it, or choose another folder");
        }
    }

    private static RunFolderException unreadable(Path checkpoint, Throwable cause) {
        return new RunFolderException(
                "checkpoint " + checkpoint + " has no readable state.json of format " + FORMAT
                        + "; delete it to go on from the one before",
                cause);
    }

    @Override
    public void close() {
        if (scaler != null) {
            scaler.close();
        }
        averages.close();
        optimizer.close();
        if (shards != null) {
            shards.close();
        }
        if (streams != null) {
            streams.close();
        }
        conditioner.close();
        network.close();
        random.close();
        times.close();
    }
}
