package dev.gradus.diffusion.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.model.Network;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.Device;
import dev.gradus.torch.Foreach;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorList;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A copy of a {@link TrainingState} in memory of the host. The thread that trains takes it, which is one native call; another
 * one writes it. Its tensors are made once and used for each checkpoint.
 */
final class StateSnapshot implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final TrainConfig config;
    private final TrainingState state;
    private final List<Tensor> copies = new ArrayList<>();
    private final TensorList from;
    private final TensorList to;
    private final Map<String, Tensor> weights;
    private final SequencedMap<String, Map<String, Tensor>> averages = new LinkedHashMap<>();
    private final Map<String, Tensor> optimizer;

    private Map<String, byte[]> generators;
    private ObjectNode json;

    /** @param state borrowed */
    StateSnapshot(TrainingState state, TrainConfig config) {
        this.state = state;
        this.config = config;
        List<Tensor> originals = new ArrayList<>();
        try (TensorScope scope = TensorScope.open();
                var _ = Autograd.noGrad()) {
            weights = copies(state.weights(), originals, scope);
            state.allAverages().forEach((name, average) -> averages.put(name, copies(average, originals, scope)));
            optimizer = copies(state.optimizerState(), originals, scope);
        }
        from = TensorList.of(originals);
        to = TensorList.of(copies);
    }

    private Map<String, Tensor> copies(Map<String, Tensor> tensors, List<Tensor> originals, TensorScope scope) {
        Map<String, Tensor> made = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> {
            Tensor copy = scope.keep(
                    tensor.device().isCuda()
                            ? tensor.detach().to(Device.cpu())
                            : tensor.detach().clone());
            originals.add(tensor);
            copies.add(copy);
            made.put(name, copy);
        });
        return made;
    }

    /** Copies the state as it is now; waits for the device. */
    void take() {
        try (var _ = Autograd.noGrad()) {
            Foreach.copy_(to, from);
        }
        generators = state.generators();
        json = state.json(config);
    }

    /** Steps done when it was taken. */
    long step() {
        return json.path("step").asLong();
    }

    /** Whether all weights and averages that were copied are finite. */
    boolean isFinite() {
        return isFinite(weights) && averages.values().stream().allMatch(StateSnapshot::isFinite);
    }

    private static boolean isFinite(Map<String, Tensor> tensors) {
        try (var _ = TensorScope.open()) {
            return tensors.values().stream()
                    .allMatch(tensor -> tensor.isfinite().all().itemLong() != 0);
        }
    }

    /** Writes what was taken into an empty folder. From any thread, but not while it is taken. */
    void write(Path folder) throws IOException {
        writeNetwork(folder.resolve("model"), weights);
        for (Map.Entry<String, Map<String, Tensor>> average : averages.entrySet()) {
            writeNetwork(folder.resolve(average.getKey()), average.getValue());
        }
        state.conditioner.saveFixed(folder);
        SafeTensors.save(folder.resolve("optimizer.safetensors"), optimizer);
        try (var _ = TensorScope.open()) {
            Map<String, Tensor> states = new LinkedHashMap<>();
            generators.forEach((name, bytes) -> states.put(name, Torch.fromArray(bytes, bytes.length)));
            SafeTensors.save(folder.resolve("random.safetensors"), states);
        }
        Files.write(
                folder.resolve(TrainingState.JSON_FILE),
                JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json));
    }

    /** Writes the averages of power functions into an empty folder, each as one file. From any thread. */
    void writeAverages(Path folder) throws IOException {
        for (Map.Entry<String, Map<String, Tensor>> average : averages.entrySet()) {
            if (Averages.isPower(average.getKey())) {
                SafeTensors.save(folder.resolve(average.getKey() + ".safetensors"), average.getValue());
            }
        }
    }

    private void writeNetwork(Path folder, Map<String, Tensor> named) throws IOException {
        Network.save(folder, config.model(), Conditioner.ofNetwork(named));
        state.conditioner.saveTrained(folder, named);
    }

    @Override
    public void close() {
        from.close();
        to.close();
        copies.forEach(Tensor::close);
    }
}
