package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What a call of an {@link AutogradFunction} hands from its forward to its backward. */
public final class FunctionContext {

    private final AutogradFunction function;
    private final boolean[] present;
    private final boolean[] requiresGrad;
    private final Map<String, Object> values;
    private boolean materializeGrads = true;
    private int savedCount;

    // During forward.
    private List<Tensor> inputs;
    private List<Tensor> saved = List.of();
    private List<Tensor> dirty = List.of();
    private List<Tensor> nonDifferentiable = List.of();

    // During one backward: the node, good in this thread until its end.
    private long node;
    private final Thread thread = Thread.currentThread();

    FunctionContext(AutogradFunction function, List<Tensor> inputs) {
        this.function = function;
        this.inputs = inputs;
        this.present = new boolean[inputs.size()];
        this.requiresGrad = new boolean[inputs.size()];
        this.values = new HashMap<>();
        boolean recording = Autograd.isGradEnabled();
        for (int i = 0; i < present.length; i++) {
            present[i] = inputs.get(i) != null;
            requiresGrad[i] = recording && present[i] && inputs.get(i).requiresGrad();
        }
    }

    private FunctionContext(FunctionContext call, long node) {
        this.function = call.function;
        this.present = call.present;
        this.requiresGrad = call.requiresGrad;
        this.values = call.values;
        this.materializeGrads = call.materializeGrads;
        this.savedCount = call.savedCount;
        this.node = node;
    }

    // --------------------------------------------------------------------- forward

    /**
     * Saves tensors - inputs, outputs, temporaries, or null - for backward. They need not be kept open. Backward fails
     * if one was changed in place in the meantime.
     *
     * @throws IllegalStateException outside of forward
     */
    public void saveForBackward(Tensor... tensors) {
        checkForward("saveForBackward");
        saved = Arrays.asList(tensors.clone());
        savedCount = tensors.length;
    }

    /**
     * Says which inputs forward has changed in place; they must be among the outputs.
     *
     * @throws IllegalStateException outside of forward
     */
    public void markDirty(Tensor... changed) {
        checkForward("markDirty");
        dirty = List.of(changed);
    }

    /**
     * Says which outputs have no gradient.
     *
     * @throws IllegalStateException outside of forward
     */
    public void markNonDifferentiable(Tensor... outputs) {
        checkForward("markNonDifferentiable");
        nonDifferentiable = List.of(outputs);
    }

    /**
     * Whether backward gets zeros for outputs without a gradient, which is so from the start, or null.
     *
     * @throws IllegalStateException outside of forward
     */
    public void setMaterializeGrads(boolean materialize) {
        checkForward("setMaterializeGrads");
        materializeGrads = materialize;
    }

    /** Keeps a value that is no tensor. A tensor belongs into {@link #saveForBackward}. */
    public void put(String name, Object value) {
        if (value instanceof Tensor) {
            throw new IllegalArgumentException("put(\"" + name + "\") of a tensor; use saveForBackward");
        }
        synchronized (values) {
            values.put(name, value);
        }
    }

    private void checkForward(String method) {
        if (inputs == null) {
            throw new IllegalStateException(method + "() outside of forward");
        }
    }

    void endForward() {
        inputs = null;
        saved = List.of();
        dirty = List.of();
        nonDifferentiable = List.of();
    }

    // ------------------------------------------------------------------------ both

    /** The value kept under this name; null if there is none. */
    public Object get(String name) {
        synchronized (values) {
            return values.get(name);
        }
    }

    /**
     * Whether the gradient of this input is needed; where not, backward may answer null for it.
     *
     * @param input which one, from 0
     */
    public boolean needsInputGrad(int input) {
        Objects.checkIndex(input, present.length);
        if (node == 0 || !present[input]) {
            return requiresGrad[input];
        }
        checkBackward("needsInputGrad");
        int before = 0;
        for (int i = 0; i < input; i++) {
            before += present[i] ? 1 : 0;
        }
        return GradusTorch.gt_function_needs_gradient(node, before) != 0;
    }

    // -------------------------------------------------------------------- backward

    /**
     * The tensors that forward saved, new objects in the scope of this backward; null where null was saved.
     *
     * @throws TorchException if one was changed in place since, or the graph was used and not retained
     * @throws IllegalStateException outside of backward
     */
    public List<Tensor> savedTensors() {
        checkBackward("savedTensors");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG, Math.max(1, savedCount));
            Tensor.check(GradusTorch.gt_function_saved(node, out, savedCount));
            return Autograd.results(out, savedCount);
        }
    }

    private void checkBackward(String method) {
        if (node == 0) {
            throw new IllegalStateException(method + "() outside of backward");
        }
        if (Thread.currentThread() != thread) {
            throw new WrongThreadException(method + "() in another thread than the one that runs this backward");
        }
    }

    /** A backward, called with the gradients of the outputs and the node. */
    List<Tensor> run(List<Tensor> gradients, long context) {
        FunctionContext during = new FunctionContext(this, context);
        try {
            return during.backward(gradients);
        } finally {
            during.node = 0;
        }
    }

    private List<Tensor> backward(List<Tensor> gradients) {
        List<Tensor> results = function.backward(this, gradients);
        if (results.size() != present.length) {
            throw new IllegalStateException(function.name() + " returned an incorrect number of gradients (expected "
                    + present.length + ", got " + results.size() + ")");
        }
        Tensor[] ofPresent = new Tensor[presentCount()];
        int next = 0;
        for (int i = 0; i < present.length; i++) {
            if (present[i]) {
                ofPresent[next++] = results.get(i);
            } else if (results.get(i) != null) {
                throw new IllegalStateException(
                        function.name() + " returned a gradient for input " + i + ", which was null");
            }
        }
        return Arrays.asList(ofPresent);
    }

    // ------------------------------------------------------------- for the function

    private int presentCount() {
        int count = 0;
        for (boolean is : present) {
            count += is ? 1 : 0;
        }
        return count;
    }

    List<Tensor> presentInputs() {
        return inputs.stream().filter(Objects::nonNull).toList();
    }

    List<Tensor> saved() {
        return saved;
    }

    List<Tensor> dirty() {
        return dirty;
    }

    List<Tensor> nonDifferentiable() {
        return nonDifferentiable;
    }

    boolean materializeGrads() {
        return materializeGrads;
    }
}
