package dev.gradus.diffusion.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.Foreach;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorList;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Brings all ranks of a team to the state of rank 0, which alone reads files. */
final class Together {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Elements that are sent at once. */
    private static final long CHUNK = 16 << 20;

    private Together() {}

    /**
     * Gives each rank the state of rank 0: that of a checkpoint, or the one before the first step.
     *
     * @param checkpoint to go on from; only rank 0's counts
     */
    static void begin(TrainingState state, TrainConfig config, Optional<Path> checkpoint) throws IOException {
        Team team = state.team;
        if (!team.isGroup()) {
            if (checkpoint.isPresent()) {
                state.load(checkpoint.get());
            }
            return;
        }
        boolean loaded = team.decide(checkpoint.isPresent());
        if (loaded && team.isFirst()) {
            state.load(checkpoint.get());
        } else if (loaded && state.shards != null) {
            state.shards.distribute(Map.of());
        }
        List<Tensor> live = new ArrayList<>(state.weights().values());
        if (state.shards == null) {
            state.averages.parameters().values().forEach(average -> live.addAll(average.values()));
            live.addAll(state.optimizer.state().values());
        }
        broadcast(team, live);
        if (!loaded && state.shards != null) {
            state.averages.folders().forEach(folder -> state.averages.load(folder, state.shards.owned()));
        }
        try (var _ = TensorScope.open()) {
            state.restore(
                    JSON.readTree(team.bytes(JSON.writeValueAsBytes(state.json(config)))), generators(team, state));
        }
    }

    /** Of the current scope. */
    private static Map<String, Tensor> generators(Team team, TrainingState state) {
        Map<String, Tensor> received = new LinkedHashMap<>();
        new TreeMap<>(state.generators()).forEach((name, mine) -> {
            byte[] bytes = team.bytes(mine);
            received.put(name, Torch.fromArray(bytes, bytes.length));
        });
        return received;
    }

    private static void broadcast(Team team, List<Tensor> live) {
        List<Tensor> chunk = new ArrayList<>();
        long size = 0;
        for (Tensor tensor : live) {
            // What has another type or place, such as a counter, goes alone.
            boolean fits = chunk.isEmpty()
                    || (chunk.getFirst().dtype() == tensor.dtype()
                            && chunk.getFirst().device().equals(tensor.device()));
            if (!fits || size + tensor.numel() > CHUNK) {
                broadcastTogether(team, chunk);
                chunk.clear();
                size = 0;
            }
            chunk.add(tensor);
            size += tensor.numel();
        }
        broadcastTogether(team, chunk);
    }

    private static void broadcastTogether(Team team, List<Tensor> tensors) {
        if (tensors.isEmpty()) {
            return;
        }
        try (var _ = TensorScope.open();
                var _ = Autograd.noGrad()) {
            long size = tensors.stream().mapToLong(Tensor::numel).sum();
            Tensor flat = Torch.zeros(
                    TensorOptions.of(tensors.getFirst().dtype())
                            .device(tensors.getFirst().device()),
                    size);
            List<Tensor> views = new ArrayList<>();
            long offset = 0;
            for (Tensor tensor : tensors) {
                views.add(flat.narrow(0, offset, tensor.numel()).view(tensor.shape()));
                offset += tensor.numel();
            }
            try (TensorList places = TensorList.of(views);
                    TensorList targets = TensorList.of(tensors)) {
                Foreach.copy_(places, targets);
                team.group().broadcast(flat, 0);
                Foreach.copy_(targets, places);
            }
        }
    }
}
