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
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
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
    private final Set<String> unsaved = new HashSet<>();
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
     * Uses a parameter of another module here too, under this name: tied weights. Both modules free it; it is listed once
     * among the parameters, and under both names in the state dict, as in PyTorch.
     *
     * @throws IllegalArgumentException if the name is taken, empty or has a dot
     */
    protected final Parameter registerParameter(String name, Parameter shared) {
        checkName(name);
        parameters.put(name, shared);
        return shared;
    }

    /**
     * Takes over the values of {@code tensor}, which is closed, as a buffer: saved with the module, not trained.
     *
     * @throws IllegalArgumentException if the name is taken, empty or has a dot
     */
    protected final Parameter registerBuffer(String name, Tensor tensor) {
        return registerBuffer(name, tensor, true);
    }

    /**
     * Takes over the values of {@code tensor}, which is closed, as a buffer that is not trained.
     *
     * @param persistent whether it is part of the state dict
     * @throws IllegalArgumentException if the name is taken, empty or has a dot
     */
    protected final Parameter registerBuffer(String name, Tensor tensor, boolean persistent) {
        checkName(name);
        Parameter buffer = new Parameter(own(tensor));
        buffers.put(name, buffer);
        if (!persistent) {
            unsaved.add(name);
        }
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

    /** This module under the empty name and all inside it by their paths, each once, in PyTorch's order. */
    public final SequencedMap<String, Module> namedModules() {
        SequencedMap<String, Module> result = new LinkedHashMap<>();
        visit("", newIdentitySet(), result::put);
        return result;
    }

    /**
     * The module of this path, such as {@code "body.0"}; the empty path is this one.
     *
     * @throws IllegalArgumentException if there is none
     */
    public final Module submodule(String path) {
        Module module = this;
        for (String name : path.isEmpty() ? new String[0] : path.split("\\.", -1)) {
            Module child = module.children.get(name);
            if (child == null) {
                throw new IllegalArgumentException(module.getClass().getSimpleName() + " has no module '" + name
                        + "' (of the path '" + path + "'); it has " + module.children.keySet());
            }
            module = child;
        }
        return module;
    }

    /** Calls an action with every module inside this one, children first, and then with this one. */
    public final void apply(Consumer<? super Module> action) {
        children.values().forEach(child -> child.apply(action));
        action.accept(this);
    }

    /** Visits each module once, parents first. */
    private void visit(String prefix, Set<Object> seen, BiConsumer<String, Module> action) {
        if (seen.add(this)) {
            action.accept(prefix, this);
            String path = prefix.isEmpty() ? "" : prefix + ".";
            children.forEach((name, child) -> child.visit(path + name, seen, action));
        }
    }

    private static Set<Object> newIdentitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    /** What {@code slots} gives for every module inside, by full name, each tensor once. */
    private SequencedMap<String, Parameter> named(Function<Module, Map<String, Parameter>> slots) {
        SequencedMap<String, Parameter> result = new LinkedHashMap<>();
        Set<Object> seen = newIdentitySet();
        visit(
                "",
                newIdentitySet(),
                (path, module) -> slots.apply(module).forEach((name, slot) -> {
                    if (seen.add(slot)) {
                        result.put(path.isEmpty() ? name : path + "." + name, slot);
                    }
                }));
        return result;
    }

    private static SequencedMap<String, Tensor> tensors(SequencedMap<String, Parameter> slots) {
        SequencedMap<String, Tensor> result = new LinkedHashMap<>();
        slots.forEach((name, slot) -> result.put(name, slot.get()));
        return result;
    }

    /**
     * Every parameter of this module and those inside it, by its full name, in PyTorch's order. One that is used in several
     * places is listed once, under the first of its names.
     */
    public final SequencedMap<String, Tensor> namedParameters() {
        return tensors(named(module -> module.parameters));
    }

    /** The values of {@link #namedParameters()}. */
    public final List<Tensor> parameters() {
        return List.copyOf(namedParameters().values());
    }

    /** Every buffer of this module and those inside it, by its full name. */
    public final SequencedMap<String, Tensor> namedBuffers() {
        return tensors(named(module -> module.buffers));
    }

    /** Every constant of this module and those inside it, by its full name: what is computed with, but neither saved nor trained. */
    public final SequencedMap<String, Tensor> namedConstants() {
        return tensors(named(module -> module.constants));
    }

    /** The number of values that a training would change: the sum of the sizes of all parameters. */
    public final long parameterCount() {
        return parameterCount(false);
    }

    /** The sum of the sizes of all parameters, or of those that are not frozen. */
    public final long parameterCount(boolean trainableOnly) {
        return parameters().stream()
                .filter(tensor -> !trainableOnly || tensor.requiresGrad())
                .mapToLong(Tensor::numel)
                .sum();
    }

    /**
     * Parameters and persistent buffers by their full names, in the order of PyTorch's state dict; the live tensors, not
     * copies.
     */
    public final SequencedMap<String, Tensor> stateDict() {
        SequencedMap<String, Tensor> result = new LinkedHashMap<>();
        collect("", result);
        return result;
    }

    private void collect(String prefix, Map<String, Tensor> into) {
        parameters.forEach((name, parameter) -> into.put(prefix + name, parameter.get()));
        buffers.forEach((name, buffer) -> {
            if (!unsaved.contains(name)) {
                into.put(prefix + name, buffer.get());
            }
        });
        children.forEach((name, child) -> child.collect(prefix + name + ".", into));
    }

    /**
     * Copies values into all parameters and persistent buffers, converting device and type. Nothing is changed unless the
     * names and shapes fit exactly. The source tensors stay the caller's.
     *
     * @throws StateDictException naming every missing, unexpected, wrongly shaped and wrongly typed entry
     */
    public final void loadStateDict(Map<String, Tensor> source) {
        loadStateDict(source, true);
    }

    /**
     * Copies values as {@link #loadStateDict(Map)} does, or, where it is not strict, those that fit.
     *
     * @return what was left out, and which values changed their type
     * @throws StateDictException if it is strict and something does not fit; nothing is changed then
     */
    public final StateDictReport loadStateDict(Map<String, Tensor> source, boolean strict) {
        SequencedMap<String, Tensor> target = stateDict();
        StateDictReport report = StateDictReport.of(target, source);
        if (strict && !report.fits()) {
            throw new StateDictException(report);
        }
        try (var _ = Autograd.noGrad();
                var _ = TensorScope.open()) {
            report.loaded().forEach(name -> target.get(name).copy_(source.get(name)));
        }
        return report;
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

    /** Training mode, here and in all modules inside: {@code train(true)}. */
    public final void train() {
        train(true);
    }

    /** Evaluation mode, here and in all modules inside: {@code train(false)}. */
    public final void eval() {
        train(false);
    }

    /** Frees the gradients of all parameters. */
    public final void zeroGrad() {
        try (TensorList list = TensorList.of(parameters())) {
            Foreach.zeroGrad(list);
        }
    }

    /** Says for all parameters whether gradients are computed for them; {@code false} freezes the module. */
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
        List<Parameter> result =
                new ArrayList<>(named(module -> module.parameters).values());
        result.addAll(named(module -> module.buffers).values());
        if (withConstants) {
            result.addAll(named(module -> module.constants).values());
        }
        return result;
    }

    /** What {@link #toString()} writes between the parentheses; the options, under PyTorch's names. */
    protected String extraRepr() {
        return "";
    }

    /** How this module and those inside it are made, as PyTorch prints it. */
    @Override
    public final String toString() {
        return describe();
    }

    /** The text of {@link #toString()}. */
    String describe() {
        return Repr.of(getClass().getSimpleName(), extraRepr(), children);
    }

    /** Frees all parameters and buffers, here and inside. Using them afterwards is an {@link IllegalStateException}. */
    @Override
    public final void close() {
        slots(true).forEach(slot -> slot.get().close());
    }
}
