package dev.gradus.diffusion.train;

import dev.gradus.diffusion.ConfigException;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.Device;
import dev.gradus.torch.Foreach;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorList;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.distributed.ProcessGroup;
import dev.gradus.torch.distributed.Work;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * ZeRO-1 (Rajbhandari et al., arXiv 1910.02054): each parameter has an owner among the ranks, which alone has its optimizer's state and
 * its averages, makes its step and hands it to the others. For checkpoints rank 0 collects the state of all in memory of the host.
 *
 * <p>Parameters go whole to the rank that has the fewest elements so far, the largest first: the same everywhere.
 */
final class Shards implements AutoCloseable {
    /** What belongs to a parameter and has one element, whatever the parameter's shape: the optimizer's count of steps. */
    private static final String SCALAR = "optimizer/step";

    private final ProcessGroup group;
    private final SequencedMap<String, Tensor> named;
    private final List<SequencedMap<String, Tensor>> owned = new ArrayList<>();
    private final Tensor mine;
    private final Tensor all;
    private final List<TensorList> parameters = new ArrayList<>();
    private final List<TensorList> views = new ArrayList<>();
    private final List<Tensor> kept = new ArrayList<>();
    private final Map<String, Tensor> collected = new LinkedHashMap<>();

    private SequencedMap<String, Map<String, Tensor>> state; // this rank's, by kind and name

    /** @param named all that is trained, in the same order on all ranks; borrowed */
    Shards(ProcessGroup group, SequencedMap<String, Tensor> named) {
        if (named.size() < group.size()) {
            throw new ConfigException(
                    "memory.shardState",
                    "needs a parameter for each rank, but there are " + named.size() + " for " + group.size()
                            + " ranks");
        }
        this.group = group;
        this.named = named;
        int[] owners = owners();
        for (int rank = 0; rank < group.size(); rank++) {
            owned.add(new LinkedHashMap<>());
        }
        int index = 0;
        for (Map.Entry<String, Tensor> each : named.entrySet()) {
            owned.get(owners[index++]).put(each.getKey(), each.getValue());
        }
        long most = owned.stream().mapToLong(Shards::elements).max().orElse(0);
        try (TensorScope scope = TensorScope.open()) {
            TensorOptions options =
                    TensorOptions.of(named.firstEntry().getValue().device());
            mine = scope.keep(Torch.zeros(options, most));
            all = scope.keep(Torch.zeros(options, most * group.size()));
            for (int rank = 0; rank < group.size(); rank++) {
                List<Tensor> places = new ArrayList<>();
                Tensor flat = rank == group.rank() ? mine : all;
                long offset = rank == group.rank() ? 0 : most * rank;
                for (Tensor parameter : owned.get(rank).values()) {
                    places.add(scope.keep(flat.asStrided(parameter.shape(), parameter.strides(), offset)));
                    offset += parameter.numel();
                }
                kept.addAll(places);
                views.add(TensorList.of(places));
                parameters.add(TensorList.of(List.copyOf(owned.get(rank).values())));
            }
        }
    }

    private int[] owners() {
        List<Tensor> tensors = List.copyOf(named.values());
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < tensors.size(); i++) {
            order.add(i);
        }
        order.sort(Comparator.comparingLong((Integer i) -> -tensors.get(i).numel()));
        long[] load = new long[group.size()];
        int[] owners = new int[tensors.size()];
        for (int index : order) {
            int least = 0;
            for (int rank = 1; rank < load.length; rank++) {
                least = load[rank] < load[least] ? rank : least;
            }
            owners[index] = least;
            // One more, so that a parameter without elements counts too.
            load[least] += tensors.get(index).numel() + 1;
        }
        return owners;
    }

    private static long elements(Map<String, Tensor> tensors) {
        return tensors.values().stream().mapToLong(Tensor::numel).sum();
    }

    /** What this rank owns. */
    SequencedMap<String, Tensor> owned() {
        return owned.get(group.rank());
    }

    /** Tells what this rank has for its parameters: by kind, such as {@code ema} or {@code optimizer/exp_avg}, and name. */
    void holds(SequencedMap<String, Map<String, Tensor>> stateOfThis) {
        state = stateOfThis;
    }

    /** Hands the parameters that each rank has changed to all others. */
    void exchange() {
        try (var _ = TensorScope.open();
                var _ = Autograd.noGrad()) {
            int rank = group.rank();
            Foreach.copy_(views.get(rank), parameters.get(rank));
            try (Work work = group.allGatherAsync(all, mine)) {
                work.await();
            }
            for (int other = 0; other < group.size(); other++) {
                if (other != rank) {
                    Foreach.copy_(parameters.get(other), views.get(other));
                }
            }
        }
    }

    private long[] shape(String kind, String name) {
        return kind.equals(SCALAR) ? new long[0] : named.get(name).shape();
    }

    private long size(String kind, int rank) {
        return kind.equals(SCALAR) ? owned.get(rank).size() : elements(owned.get(rank));
    }

    /** Brings the state of all ranks to rank 0; all take part. */
    void collect() {
        try (TensorScope scope = TensorScope.open();
                var _ = Autograd.noGrad()) {
            if (!group.isFirst()) {
                for (Map<String, Tensor> kind : state.values()) {
                    List<Tensor> parts = new ArrayList<>();
                    owned().keySet().forEach(name -> parts.add(kind.get(name).flatten()));
                    finish(group.sendAsync(Torch.cat(parts, 0).to(Device.cpu()), 0, 0));
                }
                return;
            }
            for (int rank = 1; rank < group.size(); rank++) {
                for (String kind : state.keySet()) {
                    Tensor flat = Torch.empty(size(kind, rank));
                    finish(group.receiveAsync(flat, rank, 0));
                    long offset = 0;
                    for (String name : owned.get(rank).keySet()) {
                        long[] shape = shape(kind, name);
                        long count = shape.length == 0 ? 1 : named.get(name).numel();
                        Tensor part = flat.narrow(0, offset, count).reshape(shape);
                        offset += count;
                        String key = kind + "." + name;
                        Tensor before = collected.get(key);
                        if (before == null) {
                            collected.put(key, scope.keep(part.clone()));
                        } else {
                            before.copy_(part);
                        }
                    }
                }
            }
        }
    }

    private static void finish(Work work) {
        try (work) {
            work.await();
        }
    }

    /** All of a kind, in the order of the parameters, on rank 0 after {@link #collect}: the live tensors of this rank, copies of others. */
    Map<String, Tensor> whole(String kind) {
        Map<String, Tensor> whole = new LinkedHashMap<>();
        for (String name : named.keySet()) {
            Tensor own = state.get(kind).get(name);
            whole.put(name, own != null ? own : collected.get(kind + "." + name));
        }
        return whole;
    }

    /**
     * Gives each rank its part of a whole state.
     *
     * @param whole by kind and name, on the CPU; only rank 0's counts
     */
    void distribute(Map<String, Map<String, Tensor>> whole) {
        try (var _ = TensorScope.open();
                var _ = Autograd.noGrad()) {
            for (String kind : state.keySet()) {
                for (int rank = 1; rank < group.size(); rank++) {
                    if (group.isFirst()) {
                        List<Tensor> parts = new ArrayList<>();
                        for (String name : owned.get(rank).keySet()) {
                            parts.add(whole.get(kind).get(name).flatten());
                        }
                        finish(group.sendAsync(Torch.cat(parts, 0), rank, 0));
                    } else if (rank == group.rank()) {
                        Tensor flat = Torch.empty(size(kind, rank));
                        finish(group.receiveAsync(flat, 0, 0));
                        long offset = 0;
                        for (String name : owned().keySet()) {
                            Tensor target = state.get(kind).get(name);
                            target.copy_(flat.narrow(0, offset, target.numel()).reshape(shape(kind, name)));
                            offset += target.numel();
                        }
                    }
                }
                if (group.isFirst()) {
                    state.get(kind)
                            .forEach((name, target) ->
                                    target.copy_(whole.get(kind).get(name)));
                }
            }
        }
    }

    @Override
    public void close() {
        views.forEach(TensorList::close);
        parameters.forEach(TensorList::close);
        kept.forEach(Tensor::close);
        collected.values().forEach(Tensor::close);
        mine.close();
        all.close();
    }
}
