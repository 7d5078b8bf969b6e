package dev.gradus.torch.optim;

import dev.gradus.torch.Autograd;
import dev.gradus.torch.Device;
import dev.gradus.torch.Foreach;
import dev.gradus.torch.Fused;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorList;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * What the optimizers share: groups, and a state of named slots, each with one tensor for every parameter.
 *
 * @param <O> the options of a group
 */
abstract sealed class FusedOptimizer<O> implements Optimizer permits SGD, AdamFamily, RMSprop {
    /** The slot that counts steps, a FLOAT32 of one element; the others are shaped as their parameter. */
    static final String STEP = "step";

    private static final String TORCH_PREFIX = "state.";

    private final List<ParameterGroup<O>> groups = new ArrayList<>();
    private final List<ParameterGroup<O>> groupsView = Collections.unmodifiableList(groups);
    private final SequencedMap<String, Tensor> state = new LinkedHashMap<>();
    private TensorList all = TensorList.of(List.of());

    /** Whether the steps are counted on the device of their parameter; else on the CPU. */
    private final boolean stepsOnDevice;

    FusedOptimizer(boolean stepsOnDevice) {
        this.stepsOnDevice = stepsOnDevice;
    }

    /** The slots that the options need, in PyTorch's order. */
    abstract List<String> slots(O options);

    /** One step of a group, in one native call; both tensors as {@link Fused} says. */
    abstract void step(ParameterGroup<O> group, O options, Tensor gradScale, Tensor foundInf);

    /** The options under PyTorch's names, as they stand in {@code state_dict()["param_groups"]}. */
    abstract Map<String, Object> torchOptions(O options);

    /**
     * Adds parameters with options of their own. Their state starts from zero.
     *
     * @throws IllegalArgumentException if a name is taken or the learning rate is negative or not finite
     */
    public final ParameterGroup<O> addGroup(Map<String, Tensor> namedParameters, double learningRate, O options) {
        for (String name : namedParameters.keySet()) {
            for (ParameterGroup<O> other : groups) {
                if (other.parameters().containsKey(name)) {
                    throw new IllegalArgumentException("the optimizer already has a parameter '" + name + "'");
                }
            }
        }
        ParameterGroup<O> group = new ParameterGroup<>(namedParameters, learningRate, options, this::slots);
        try (var _ = Autograd.noGrad();
                TensorScope scope = TensorScope.open()) {
            for (String slot : slots(options)) {
                List<Tensor> tensors = new ArrayList<>();
                namedParameters.forEach((name, parameter) -> {
                    Tensor tensor = scope.keep(start(slot, parameter));
                    tensors.add(tensor);
                    state.put(slot + "." + name, tensor);
                });
                group.setState(slot, tensors);
            }
        }
        groups.add(group);
        all.close();
        List<Tensor> parameters = new ArrayList<>();
        groups.forEach(g -> parameters.addAll(g.parameters().values()));
        all = TensorList.of(parameters);
        return group;
    }

    private Tensor start(String slot, Tensor parameter) {
        if (!slot.equals(STEP)) {
            return Torch.zerosLike(parameter);
        }
        return Torch.zeros(TensorOptions.of(stepsOnDevice ? parameter.device() : Device.cpu()));
    }

    @Override
    public final void step() {
        stepAll(null, null);
    }

    final void stepAll(Tensor gradScale, Tensor foundInf) {
        for (int i = 0; i < groups.size(); i++) {
            ParameterGroup<O> group = groups.get(i);
            step(group, group.options(), gradScale, foundInf);
        }
    }

    @Override
    public final void zeroGrad(boolean setToNone) {
        Foreach.zeroGrad(all, setToNone);
    }

    @Override
    public final List<ParameterGroup<O>> groups() {
        return groupsView;
    }

    @Override
    public final SequencedMap<String, Tensor> state() {
        return new LinkedHashMap<>(state);
    }

    @Override
    public final void loadState(Map<String, Tensor> source) {
        StateCopy.copy("the optimizer's state", source, state);
    }

    /**
     * The state under the names of PyTorch's {@code optimizer.state_dict()}: {@code state.INDEX.SLOT}, where the index counts
     * the parameters of all groups. As in PyTorch, a parameter that never had a gradient has no entry. The live tensors.
     */
    public final SequencedMap<String, Tensor> torchState() {
        SequencedMap<String, Tensor> result = new LinkedHashMap<>();
        torchNames().forEach((torchName, name) -> {
            Tensor step = state.get(STEP + name.substring(name.indexOf('.')));
            if (step.item() > 0) {
                result.put(torchName, state.get(name));
            }
        });
        return result;
    }

    /**
     * Copies a state under PyTorch's names into this optimizer; parameters without an entry start from zero. An absent
     * {@code step} of a parameter that has other entries counts as 1, since PyTorch's SGD has none. Nothing is changed unless
     * names and shapes fit.
     *
     * @throws IllegalArgumentException naming an entry that is missing, unexpected or of another shape
     */
    public final void loadTorchState(Map<String, Tensor> source) {
        try (TensorScope _ = TensorScope.open()) {
            Map<String, String> names = torchNames();
            Map<String, Tensor> complete = new TreeMap<>();
            source.forEach((torchName, tensor) -> {
                String name = names.get(torchName);
                complete.put(name == null ? torchName : name, tensor);
            });
            names.forEach((torchName, name) -> {
                String parameter = torchName.substring(0, torchName.lastIndexOf('.') + 1);
                boolean known = source.keySet().stream().anyMatch(key -> key.startsWith(parameter));
                if (!known) {
                    complete.put(name, Torch.zerosLike(state.get(name)));
                } else if (name.startsWith(STEP + ".")) {
                    complete.putIfAbsent(name, Torch.onesLike(state.get(name)));
                }
            });
            loadState(complete);
        }
    }

    /** {@code state.INDEX.SLOT} to {@code SLOT.NAME}, in PyTorch's order. */
    private SequencedMap<String, String> torchNames() {
        SequencedMap<String, String> names = new LinkedHashMap<>();
        int index = 0;
        for (ParameterGroup<O> group : groups) {
            for (String name : group.parameters().keySet()) {
                for (String slot : group.slots()) {
                    names.put(TORCH_PREFIX + index + "." + slot, slot + "." + name);
                }
                index++;
            }
        }
        return names;
    }

    /** The groups as in {@code optimizer.state_dict()["param_groups"]}: learning rate and options under PyTorch's names. */
    public final List<Map<String, Object>> torchGroups() {
        List<Map<String, Object>> result = new ArrayList<>();
        int index = 0;
        for (ParameterGroup<O> group : groups) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("lr", group.learningRate());
            entry.putAll(torchOptions(group.options()));
            List<Integer> indices = new ArrayList<>();
            for (int i = 0; i < group.parameters().size(); i++) {
                indices.add(index++);
            }
            entry.put("params", indices);
            result.add(entry);
        }
        return result;
    }

    @Override
    public final void close() {
        all.close();
        groups.forEach(ParameterGroup::close);
        state.values().forEach(Tensor::close);
    }
}
