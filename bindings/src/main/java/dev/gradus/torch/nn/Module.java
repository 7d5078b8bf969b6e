package dev.gradus.torch.nn;

import dev.gradus.torch.Autograd;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Foreach;
import dev.gradus.torch.MemoryFormat;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorList;
import dev.gradus.torch.TensorScope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;

/**
 * A part of a network: parameters, buffers and further modules, each under a name.
 *
 * <p>The full name of a parameter is the path to it joined by dots, as in PyTorch's state dict. Parameters are listed in
 * the order in which PyTorch lists them: a module's own first, then those of its children, each in the order of
 * registration. That order may differ from the order in which they were made and initialised.
 *
 * <p>The module owns its tensors. They are in no {@link TensorScope}, whether or not one was open when they were made, and
 * are freed by {@link #close()}. Modules are not thread-safe while they are built, moved, loaded or closed.
 */
public abstract class Module implements AutoCloseable {
    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    private final Map<String, Parameter> buffers = new LinkedHashMap<>();
    private final Map<String, Parameter> constants = new LinkedHashMap<>();
    private final Map<String, Module> children = new LinkedHashMap<>();
    private boolean training = true;

    /** For subclasses: a module without parameters yet. */
    protected Module() {}

    /**
     * Takes over the values of {@code tensor}, which is closed, as a parameter: a leaf that requires gradients.
     *
     * @throws IllegalArgumentException if the name is taken, empty or has a dot
     */
    protected final Parameter registerParameter(String name, Tensor tensor) {
        checkName(name);
        Parameter parameter = new Parameter(own(tensor).requiresGrad_(true));
        parameters.put(name, parameter);
        return parameter;
    }

    /**
     * Takes over the values of {@code tensor}, which is closed, as a buffer: saved with the module, not trained.
     *
     * @throws IllegalArgumentException if the name is taken, empty or has a dot
     */
    protected final Parameter registerBuffer(String name, Tensor tensor) {
        checkName(name);
        Parameter buffer = new Parameter(own(tensor));
        buffers.put(name, buffer);
        return buffer;
    }

    /**
     * Takes over the values of {@code tensor}, which is closed, as a constant: it moves with the module to other devices, but is neither listed, nor
     * saved, nor converted to another type.
     *
     * @throws IllegalArgumentException if the name is taken, empty or has a dot
     */
    protected final Parameter registerConstant(String name, Tensor tensor) {
        checkName(name);
        Parameter constant = new Parameter(own(tensor));
        constants.put(name, constant);
        return constant;
    }

    /**
     * Takes ownership of a child module and returns it.
     *
     * @throws IllegalArgumentException if the name is taken, empty or has a dot
     */
    protected final <M extends Module> M registerModule(String name, M module) {
        checkName(name);
        children.put(name, module);
        return module;
    }

    /** The same values as a leaf outside of every scope, whichever scope {@code tensor} was made in; closes {@code tensor}. */
    private static Tensor own(Tensor tensor) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor owned = scope.keep(tensor.detach());
            tensor.close();
            return owned;
        }
    }

    private void checkName(String name) {
        if (name.isEmpty() || name.indexOf('.') >= 0) {
            throw new IllegalArgumentException("a name in a module must be non-empty and without dots: '" + name + "'");
        }
        if (parameters.containsKey(name)
                || buffers.containsKey(name)
                || constants.containsKey(name)
                || children.containsKey(name)) {
            throw new IllegalArgumentException(
                    getClass().getSimpleName() + " already has something named '" + name + "'");
        }
    }

    /** The modules directly inside this one, by name, in the order of registration. */
    public final SequencedMap<String, Module> children() {
        return Collections.unmodifiableSequencedMap((LinkedHashMap<String, Module>) children);
    }

    /** Every parameter of this module and those inside it, by its full name, in PyTorch's order. */
    public final SequencedMap<String, Tensor> namedParameters() {
        SequencedMap<String, Tensor> result = new LinkedHashMap<>();
        collect("", true, false, result);
        return result;
    }

    /** The values of {@link #namedParameters()}. */
    public final List<Tensor> parameters() {
        return List.copyOf(namedParameters().values());
    }

    /** Every buffer of this module and those inside it, by its full name. */
    public final SequencedMap<String, Tensor> namedBuffers() {
        SequencedMap<String, Tensor> result = new LinkedHashMap<>();
        collect("", false, true, result);
        return result;
    }

    /** The number of trained values: the sum of the sizes of all parameters. */
    public final long parameterCount() {
        return parameters().stream().mapToLong(Tensor::numel).sum();
    }

    /** Parameters and buffers by their full names, in the order of PyTorch's state dict; the live tensors, not copies. */
    public final SequencedMap<String, Tensor> stateDict() {
        SequencedMap<String, Tensor> result = new LinkedHashMap<>();
        collect("", true, true, result);
        return result;
    }

    private void collect(String prefix, boolean withParameters, boolean withBuffers, Map<String, Tensor> into) {
        if (withParameters) {
            parameters.forEach((name, parameter) -> into.put(prefix + name, parameter.get()));
        }
        if (withBuffers) {
            buffers.forEach((name, buffer) -> into.put(prefix + name, buffer.get()));
        }
        children.forEach((name, child) -> child.collect(prefix + name + ".", withParameters, withBuffers, into));
    }

    /**
     * Copies values into all parameters and buffers, converting type and device. Nothing is changed unless the names and
     * shapes fit exactly. The source tensors stay the caller's.
     *
     * @throws StateDictException naming every missing, unexpected and wrongly shaped entry
     */
    public final void loadStateDict(Map<String, Tensor> source) {
        SequencedMap<String, Tensor> target = stateDict();
        StateDictException.check(target, source);
        try (var _ = Autograd.noGrad();
                var _ = TensorScope.open()) {
            target.forEach((name, tensor) -> tensor.copy_(source.get(name)));
        }
    }

    /** Whether this module is in training mode, as it is when made. */
    public final boolean isTraining() {
        return training;
    }

    /** Sets training ({@code true}) or evaluation mode here and in all modules inside. */
    public final void train(boolean mode) {
        training = mode;
        children.values().forEach(child -> child.train(mode));
    }

    /** Frees the gradients of all parameters. */
    public final void zeroGrad() {
        try (TensorList list = TensorList.of(parameters())) {
            Foreach.zeroGrad(list);
        }
    }

    /** Says for all parameters whether gradients are computed for them. */
    public final void requiresGrad_(boolean requiresGrad) {
        parameters().forEach(tensor -> tensor.requiresGrad_(requiresGrad));
    }

    /**
     * Moves all parameters and buffers to a device. Those that are elsewhere are replaced and lose their gradients, so move
     * before an optimizer is made.
     */
    public final void to(Device device) {
        convert(tensor -> tensor.device().equals(device) ? tensor : tensor.to(device), true);
    }

    /** Converts all floating point parameters and buffers, otherwise like {@link #to(Device)}. */
    public final void to(DType dtype) {
        convert(
                tensor -> tensor.dtype() == dtype || !tensor.dtype().isFloatingPoint() ? tensor : tensor.to(dtype),
                false);
    }

    /** Lays out all four-dimensional parameters and buffers anew, otherwise like {@link #to(Device)}. */
    public final void to(MemoryFormat format) {
        convert(tensor -> tensor.dim() == 4 ? tensor.to(format) : tensor, false);
    }

    private void convert(UnaryOperator<Tensor> conversion, boolean withConstants) {
        for (Parameter slot : slots(withConstants)) {
            Tensor old = slot.get();
            try (var _ = Autograd.noGrad();
                    var _ = TensorScope.open()) {
                Tensor converted = conversion.apply(old);
                if (converted != old) {
                    slot.replace(own(converted).requiresGrad_(old.requiresGrad()));
                }
            }
        }
    }

    private List<Parameter> slots(boolean withConstants) {
        List<Parameter> result = new ArrayList<>(parameters.values());
        result.addAll(buffers.values());
        if (withConstants) {
            result.addAll(constants.values());
        }
        children.values().forEach(child -> result.addAll(child.slots(withConstants)));
        return result;
    }

    /** Frees all parameters and buffers, here and inside. Using them afterwards is an {@link IllegalStateException}. */
    @Override
    public final void close() {
        slots(true).forEach(slot -> slot.get().close());
    }
}
