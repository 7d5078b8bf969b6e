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
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensors;
import dev.gradus.torch.optim.AdamW;
import dev.gradus.torch.optim.Ema;
import java.io.IOException;
import java.nio.file.Files;
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
    private static final int FORMAT = 2;

    final Device device;
    final Network network;
    final AdamW optimizer;
    final Ema ema;
    final Curriculum curriculum;
    final Meter meter = new Meter();
    /** Draws the initial weights (on the CPU), then the noise. */
    final Generator random;
    /** Draws the times, on the CPU; the same as {@link #random} where training is there too. */
    final Generator times;

    final NoiseSchedule schedule;
    final Conditioner conditioner;

    /** Steps done. */
    long step;

    /** The state before the first step, as the seed determines it. */
    TrainingState(TrainConfig config, Device device, ImageDataset dataset) throws IOException {
        this.device = device;
        // Dropout draws from the default generator.
        Torch.manualSeed(config.seed());
        Generator initial = Generator.cpu(config.seed());
        network = Network.of(config.model(), initial);
        conditioner = Conditioner.of(config, dataset, initial, device);
        if (device.isCuda()) {
            network.to(device);
            random = Generator.on(device, config.seed());
        } else {
            random = initial;
        }
        times = initial;
        schedule = NoiseSchedule.of(config.schedule());
        OptimizerConfig options = config.optimizer();
        optimizer = new AdamW(
                named(),
                new AdamW.Options(
                        options.betas().get(0), options.betas().get(1), options.eps(), options.weightDecay()));
        ema = new Ema(named());
        curriculum = Curriculum.of(config.curriculum(), config.noise(), schedule, config.seed());
    }

    /** All that is trained. */
    SequencedMap<String, Tensor> named() {
        SequencedMap<String, Tensor> named = new LinkedHashMap<>(network.namedParameters());
        named.putAll(conditioner.namedParameters());
        return named;
    }

    /** Whether all weights and averages are finite; waits for the device. */
    boolean isFinite() {
        return isFinite(named()) && isFinite(ema.parameters());
    }

    private static boolean isFinite(Map<String, Tensor> tensors) {
        try (var _ = TensorScope.open()) {
            return tensors.values().stream()
                    .allMatch(tensor -> tensor.detach().isfinite().all().itemLong() != 0);
        }
    }

    /** Writes the state into an empty folder. */
    void save(Path folder, TrainConfig config) throws IOException {
        Network.save(folder.resolve("model"), config.model(), network.stateDict());
        Network.save(folder.resolve("ema"), config.model(), Conditioner.ofNetwork(ema.parameters()));
        conditioner.save(folder, ema.parameters());
        try (var _ = TensorScope.open();
                Generator dropout = Generator.defaultOf(device)) {
            SafeTensors.save(folder.resolve("optimizer.safetensors"), optimizer.state());
            SafeTensors.save(
                    folder.resolve("random.safetensors"),
                    Map.of("training", random.state(), "times", times.state(), "default", dropout.state()));
        }
        ObjectNode state = JSON.createObjectNode();
        state.put("format", FORMAT);
        state.put("step", step);
        state.put("images", step * config.batchSize());
        state.set("curriculum", curriculum.state());
        if (schedule instanceof LearnedSchedule learned) {
            state.set("schedule", learned.state());
        }
        state.set("losses", meter.state());
        state.set("config", ConfigJson.of(config));
        Files.write(
                folder.resolve("state.json"),
                JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(state));
    }

    /**
     * Goes on from a checkpoint.
     *
     * @throws IOException if it cannot be read or does not fit; this state must not be used then
     */
    void load(Path folder) throws IOException {
        JsonNode state = readJson(folder);
        try (var _ = TensorScope.open();
                Generator dropout = Generator.defaultOf(device);
                Network weights = Network.load(folder.resolve("model"));
                Network averages = Network.load(folder.resolve("ema"))) {
            network.loadStateDict(weights.stateDict());
            Map<String, Tensor> all = new LinkedHashMap<>(averages.namedParameters());
            all.putAll(conditioner.load(folder));
            ema.load(all);
            optimizer.loadState(SafeTensors.load(folder.resolve("optimizer.safetensors")));
            Map<String, Tensor> generators = SafeTensors.load(folder.resolve("random.safetensors"));
            random.setState(generators.get("training"));
            times.setState(generators.get("times"));
            dropout.setState(generators.get("default"));
            curriculum.restore(state.path("curriculum"));
            restoreSchedule(schedule, state);
        } catch (IllegalArgumentException | NullPointerException e) {
            throw new RunFolderException(
                    "checkpoint " + folder + " does not fit its run: " + e.getMessage()
                            + "; delete it to go on from the one before",
                    e);
        }
        meter.restore(state.path("losses"));
        step = state.path("step").asLong();
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
        Path file = checkpoint.resolve("state.json");
        JsonNode state;
        try {
            state = JSON.readTree(file.toFile());
        } catch (IOException e) {
            throw unreadable(checkpoint, e);
        }
        if (state.path("format").asInt() != FORMAT || !state.path("step").isIntegralNumber()) {
            throw unreadable(checkpoint, null);
        }
        return state;
    }

    private static RunFolderException unreadable(Path checkpoint, Throwable cause) {
        return new RunFolderException(
                "checkpoint " + checkpoint + " has no readable state.json of format " + FORMAT
                        + "; delete it to go on from the one before",
                cause);
    }

    @Override
    public void close() {
        ema.close();
        optimizer.close();
        conditioner.close();
        network.close();
        random.close();
        times.close();
    }
}
