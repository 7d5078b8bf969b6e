package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Automatic differentiation: its modes, gradients as results, functions with a backward of their own, checkpoints.
 *
 * <p>Nodes of the graph run in the thread that asks for gradients, whatever device they are on, and so do hooks and
 * backward functions in Java; only when 60 passes run inside of each other does libtorch start another thread. They run
 * in a {@link TensorScope} of their own. What they throw ends the pass, and its caller gets the same exception.
 */
public final class Autograd {

    private Autograd() {}

    // ----------------------------------------------------------------------- modes

    /** Until the guard is closed, this thread records no gradient graph. */
    public static Guard noGrad() {
        return Guard.open(() -> GradusTorch.gt_set_grad_enabled(0), Autograd::restoreGrad);
    }

    /** Until the guard is closed, this thread records a gradient graph, also inside of {@link #noGrad}. */
    public static Guard enableGrad() {
        return Guard.open(() -> GradusTorch.gt_set_grad_enabled(1), Autograd::restoreGrad);
    }

    /** As {@link #noGrad}, also in a virtual thread, for a few calls and none of the user's code. */
    static Guard noGradForCalls() {
        return Guard.openInAnyThread(() -> GradusTorch.gt_set_grad_enabled(0), Autograd::restoreGrad);
    }

    static Guard enableGradForCalls() {
        return Guard.openInAnyThread(() -> GradusTorch.gt_set_grad_enabled(1), Autograd::restoreGrad);
    }

    private static void restoreGrad(long before) {
        GradusTorch.gt_set_grad_enabled((int) before);
    }

    /** Whether this thread records a gradient graph. */
    public static boolean isGradEnabled() {
        NativeLibrary.require();
        return GradusTorch.gt_grad_enabled() != 0;
    }

    /**
     * Until the guard is closed, what this thread makes is outside of automatic differentiation for good, which is
     * cheaper than {@link #noGrad}: nothing counts its versions, and it can't be saved for backward later.
     */
    public static Guard inferenceMode() {
        return Guard.open(
                () -> {
                    long mode = GradusTorch.gt_inference_enter(1);
                    if (mode == 0) {
                        throw ThreadContext.current().failure();
                    }
                    return mode;
                },
                GradusTorch::gt_inference_exit);
    }

    /** Whether this thread is in {@link #inferenceMode}. */
    public static boolean isInferenceModeEnabled() {
        NativeLibrary.require();
        return GradusTorch.gt_inference_enabled() != 0;
    }

    /** {@link #detectAnomaly(boolean)} that checks for NaN. */
    public static Guard detectAnomaly() {
        return detectAnomaly(true);
    }

    /**
     * Until the guard is closed, all threads note where the nodes of their gradient graphs are made; a backward that
     * fails in one of them shows that place as a suppressed exception. Slow: for finding mistakes.
     *
     * @param checkNan whether a gradient that is NaN is a failure
     */
    public static Guard detectAnomaly(boolean checkNan) {
        return Anomaly.open(checkNan);
    }

    // ------------------------------------------------------------------- gradients

    /**
     * Adds the gradients of several tensors, summed, to the {@code grad()} of the leaves of their graphs.
     *
     * @param gradients one for each root, in its shape, or null for a root of one element; null for all of these
     * @param retainGraph whether the graph can be used again
     * @param createGraph whether the gradients get a graph of their own, for higher derivatives
     * @throws TorchException if a root has no graph, or the graph was used and not retained, or something it needs was
     *     changed in place since
     */
    public static void backward(List<Tensor> roots, List<Tensor> gradients, boolean retainGraph, boolean createGraph) {
        Upcalls.checkNotAccumulating();
        try (Arena arena = Arena.ofConfined()) {
            int status = GradusTorch.gt_backward_many(
                    handles(arena, roots),
                    gradientHandles(arena, roots, gradients),
                    roots.size(),
                    retainGraph ? 1 : 0,
                    createGraph ? 1 : 0);
            checkPass(status);
        }
    }

    /**
     * The gradients of a tensor of one element with respect to the inputs, without touching their {@code grad()}.
     *
     * @throws TorchException if an input took no part in the output
     */
    public static List<Tensor> grad(Tensor output, List<Tensor> inputs) {
        return grad(output, null, inputs, false, false, false);
    }

    /** {@link #grad(List, List, List, boolean, boolean, boolean)} of one output. */
    public static List<Tensor> grad(
            Tensor output,
            Tensor gradient,
            List<Tensor> inputs,
            boolean retainGraph,
            boolean createGraph,
            boolean allowUnused) {
        return grad(List.of(output), Arrays.asList(gradient), inputs, retainGraph, createGraph, allowUnused);
    }

    /**
     * The gradients of the sum of several outputs with respect to the inputs, without touching their {@code grad()}.
     *
     * @param gradients one for each output, in its shape, or null for an output of one element; null for all of these
     * @param retainGraph whether the graph can be used again
     * @param createGraph whether the gradients get a graph of their own, for higher derivatives
     * @param allowUnused whether an input may have taken no part in the outputs; its gradient is null then
     * @return one for each input
     */
    public static List<Tensor> grad(
            List<Tensor> outputs,
            List<Tensor> gradients,
            List<Tensor> inputs,
            boolean retainGraph,
            boolean createGraph,
            boolean allowUnused) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG, Math.max(1, inputs.size()));
            int status = GradusTorch.gt_autograd_grad_many(
                    handles(arena, outputs),
                    gradientHandles(arena, outputs, gradients),
                    outputs.size(),
                    handles(arena, inputs),
                    inputs.size(),
                    retainGraph ? 1 : 0,
                    createGraph ? 1 : 0,
                    allowUnused ? 1 : 0,
                    out);
            checkPass(status);
            return results(out, inputs.size());
        }
    }

    /** The end of a pass through a graph. */
    private static void checkPass(int status) {
        try {
            Tensor.check(status);
        } catch (Throwable e) {
            NodeStack.attach(e);
            throw e;
        } finally {
            Upcalls.drain();
        }
    }

    private static MemorySegment gradientHandles(Arena arena, List<Tensor> roots, List<Tensor> gradients) {
        if (gradients == null) {
            return MemorySegment.NULL;
        }
        if (gradients.size() != roots.size()) {
            Tensor.done();
            throw new TorchValueException(
                    gradients.size() + " gradients for " + roots.size() + " tensors; there must be one for each");
        }
        return handles(arena, gradients);
    }

    /** Handles in memory of their own, since code that is called back uses that of the thread; null becomes 0. */
    static MemorySegment handles(Arena arena, List<Tensor> tensors) {
        MemorySegment handles = arena.allocate(JAVA_LONG, Math.max(1, tensors.size()));
        for (int i = 0; i < tensors.size(); i++) {
            handles.setAtIndex(JAVA_LONG, i, Tensor.handleOrZero(tensors.get(i)));
        }
        return handles;
    }

    /** Handles that the shim gave out, as tensors; 0 becomes null. */
    static List<Tensor> results(MemorySegment handles, int count) {
        List<Tensor> tensors = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long handle = handles.getAtIndex(JAVA_LONG, i);
            tensors.add(handle == 0 ? null : Tensor.result(handle));
        }
        return Collections.unmodifiableList(tensors);
    }

    // ------------------------------------------------------------------- functions

    /** A function made of two lambdas; see {@link AutogradFunction}. */
    public static AutogradFunction function(AutogradFunction.Formula forward, AutogradFunction.Formula backward) {
        return AutogradFunction.of(forward, backward);
    }

    /** {@link #checkpoint(Function, List)} of one tensor. */
    public static Tensor checkpoint(UnaryOperator<Tensor> function, Tensor input) {
        return Checkpoint.DEFAULT
                .run(inputs -> List.of(function.apply(inputs.getFirst())), List.of(input))
                .getFirst();
    }

    /**
     * Computes the function without keeping what backward needs of it; backward computes the function again instead.
     * See {@link Checkpoint}, which also takes functions of several results and generators.
     */
    public static Tensor checkpoint(Function<List<Tensor>, Tensor> function, List<Tensor> inputs) {
        return Checkpoint.DEFAULT
                .run(given -> List.of(function.apply(given)), inputs)
                .getFirst();
    }

    /** How many Java objects - hooks, functions, exceptions - native objects refer to now, in all threads. */
    static int liveCallbacks() {
        return Upcalls.live();
    }
}
