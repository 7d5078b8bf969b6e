package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/**
 * A differentiable function with a backward of its own, as {@code torch.autograd.Function}.
 *
 * <pre>{@code
 * final class Cube extends AutogradFunction {
 *     protected List<Tensor> forward(FunctionContext context, List<Tensor> inputs) {
 *         context.saveForBackward(inputs.get(0));
 *         return List.of(inputs.get(0).pow(3));
 *     }
 *     protected List<Tensor> backward(FunctionContext context, List<Tensor> gradients) {
 *         Tensor x = context.savedTensors().get(0);
 *         return List.of(gradients.get(0).mul(x.square()).mul(3));
 *     }
 * }
 * Tensor y = new Cube().call(x);
 * }</pre>
 *
 * <p>Both run in a {@link TensorScope} of their own, so temporaries need no care; what they return is taken out of it.
 * Forward records no graph. Backward does if the pass was asked to create one, and can then be differentiated itself,
 * as long as it uses differentiable operators and {@link FunctionContext#savedTensors saved tensors}.
 *
 * <p>An object of this class has no state of one call: that is in the context. It may be used by many threads.
 */
public abstract class AutogradFunction {

    /** For subclasses. */
    protected AutogradFunction() {}

    /**
     * Computes the outputs.
     *
     * @param inputs as given, with null where null was given; unmodifiable
     * @return at least one; an input may be returned if it was changed in place and marked as
     *     {@linkplain FunctionContext#markDirty dirty}, else the caller gets a view of it
     */
    protected abstract List<Tensor> forward(FunctionContext context, List<Tensor> inputs);

    /**
     * Computes the gradients of the inputs.
     *
     * @param gradients of the outputs; where there is none, zeros, or null after
     *     {@link FunctionContext#setMaterializeGrads setMaterializeGrads(false)}
     * @return one for each input, null for no gradient (which an input that is null must have)
     */
    protected abstract List<Tensor> backward(FunctionContext context, List<Tensor> gradients);

    /** The name of the node in the graph ({@link Tensor#gradFn}); by default that of the class and "Backward". */
    protected String name() {
        String name = getClass().getSimpleName();
        return (name.isEmpty() ? "AutogradFunction" : name) + "Backward";
    }

    /** Forward or backward as a lambda. */
    @FunctionalInterface
    public interface Formula {
        /** As {@link AutogradFunction#forward} or {@link AutogradFunction#backward}. */
        List<Tensor> apply(FunctionContext context, List<Tensor> tensors);
    }

    /** A function made of two lambdas. */
    public static AutogradFunction of(Formula forward, Formula backward) {
        Objects.requireNonNull(forward, "forward");
        Objects.requireNonNull(backward, "backward");
        return new AutogradFunction() {
            @Override
            protected List<Tensor> forward(FunctionContext context, List<Tensor> inputs) {
                return forward.apply(context, inputs);
            }

            @Override
            protected List<Tensor> backward(FunctionContext context, List<Tensor> gradients) {
                return backward.apply(context, gradients);
            }
        };
    }

    /** {@link #apply} of a function with one output. */
    public final Tensor call(Tensor... inputs) {
        List<Tensor> outputs = apply(inputs);
        if (outputs.size() != 1) {
            throw new IllegalStateException(
                    name() + " has " + outputs.size() + " outputs; call() is for one, use apply()");
        }
        return outputs.getFirst();
    }

    /**
     * Computes the outputs and makes them results of this function in the gradient graph.
     *
     * @param inputs any of them may be null
     */
    public final List<Tensor> apply(Tensor... inputs) {
        List<Tensor> given = Collections.unmodifiableList(Arrays.asList(inputs.clone()));
        FunctionContext context = new FunctionContext(this, given);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out;
            int count;
            try (TensorScope _ = TensorScope.open()) {
                List<Tensor> outputs;
                try (Guard _ = Autograd.noGradForCalls()) {
                    outputs = forward(context, given);
                }
                count = outputs.size();
                out = arena.allocate(JAVA_LONG, Math.max(1, count));
                link(arena, context, outputs, out);
            }
            return sameObjects(given, out, count);
        } finally {
            context.endForward();
            Upcalls.drain();
        }
    }

    private void link(Arena arena, FunctionContext context, List<Tensor> outputs, MemorySegment out) {
        for (Tensor output : outputs) {
            Objects.requireNonNull(output, "an output of forward");
        }
        List<List<Tensor>> lists = List.of(
                context.presentInputs(), outputs, context.saved(), context.dirty(), context.nonDifferentiable());
        MemorySegment counts = arena.allocate(JAVA_LONG, lists.size());
        for (int i = 0; i < lists.size(); i++) {
            counts.setAtIndex(JAVA_LONG, i, lists.get(i).size());
        }
        long id = Upcalls.register(context::run);
        List<Tensor> all = lists.stream().flatMap(List::stream).toList();
        Tensor.check(GradusTorch.gt_function_apply(
                id,
                arena.allocateFrom(name()),
                Autograd.handles(arena, all),
                counts,
                context.materializeGrads() ? 1 : 0,
                out));
    }

    /** An output that is an input, changed in place, is the object that was given. */
    private static List<Tensor> sameObjects(List<Tensor> inputs, MemorySegment out, int count) {
        Tensor[] same = new Tensor[count];
        for (int i = 0; i < count; i++) {
            for (Tensor input : inputs) {
                if (input != null && input.address == out.getAtIndex(JAVA_LONG, i)) {
                    same[i] = input;
                }
            }
        }
        Tensor[] results = Autograd.results(out, count).toArray(Tensor[]::new);
        for (int i = 0; i < count; i++) {
            if (same[i] != null) {
                results[i].close();
                results[i] = same[i];
            }
        }
        return List.of(results);
    }
}
