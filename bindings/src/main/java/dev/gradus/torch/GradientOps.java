package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** What a tensor has to do with its gradient graph: hooks, kept gradients, versions. See {@link Autograd}. */
public sealed interface GradientOps permits Tensor {

    private Tensor self() {
        return (Tensor) this;
    }

    /**
     * Calls the hook each time a gradient of this tensor has been computed, before it is used further: by the nodes
     * that this tensor was made from, or by {@code grad()} of a leaf. Hooks of a tensor run in the order they were
     * added; each gets what the one before it returned.
     *
     * <p>The hook runs in the thread that asked for the gradients, in a {@link TensorScope} of its own that is closed
     * after it: open a scope inside of it and {@code keep} what is to stay. Gradients are recorded only if the
     * backward creates a graph. An exception of the hook ends the backward, which throws it. A tensor changed in place
     * later is a new result to the graph, and has the hooks that were added since.
     *
     * <p>Add the first hook of a tensor before another thread runs a backward through it: libtorch takes no lock there, so
     * the two are a race inside of libtorch. Hooks after the first, and their removal, may come at any time.
     *
     * @param hook gets the gradient, which it must not change in place; returns one to use instead, of the same shape,
     *     dtype and device, or null to go on with the same
     * @return closing it removes the hook
     * @throws TorchException if this tensor does not require a gradient
     */
    default HookHandle registerHook(UnaryOperator<Tensor> hook) {
        Objects.requireNonNull(hook, "hook");
        return HookHandle.add(
                self(),
                GradusTorch.GT_EVENT_HOOK(),
                (arguments, context) -> Upcalls.one(hook.apply(arguments.getFirst())));
    }

    /**
     * Calls the hook each time a gradient has been added to {@code grad()} of this leaf: the place to use the gradient
     * as soon as it is there - to send it to other processes, or to step and free it. It runs as described at
     * {@link #registerHook}, and may replace or remove the gradient; it can't call {@code backward()}.
     * As there, adding the first such hook of a leaf while another thread runs its backward is a race inside of libtorch.
     *
     * @param hook gets this leaf
     * @return closing it removes the hook
     * @throws TorchException if this tensor is no leaf, or does not require a gradient
     */
    default HookHandle registerPostAccumulateGradHook(Consumer<Tensor> hook) {
        Objects.requireNonNull(hook, "hook");
        return HookHandle.add(self(), GradusTorch.GT_EVENT_ACCUMULATED(), (arguments, context) -> {
            hook.accept(arguments.getFirst());
            return null;
        });
    }

    /**
     * Makes {@code backward} keep the gradient of this tensor in {@code grad()} although it is no leaf.
     *
     * @return this
     * @throws TorchException if it does not require a gradient
     */
    default Tensor retainGrad_() {
        Tensor.check(GradusTorch.gt_retain_grad(self().handle()));
        return self();
    }

    /** Whether {@link #retainGrad_} was called; false for a leaf. */
    default boolean retainsGrad() {
        boolean retains = GradusTorch.gt_retains_grad(self().handle()) != 0;
        Tensor.done();
        return retains;
    }

    /** The name of the node of the gradient graph that made this tensor, such as {@code MulBackward0}; null for a leaf. */
    default String gradFn() {
        String name = Strings.of(GradusTorch.gt_grad_fn_name(self().handle()));
        Tensor.done();
        return name.isEmpty() ? null : name;
    }

    /** Whether it was made in {@link Autograd#inferenceMode}, and so can never take part in a gradient graph. */
    default boolean isInference() {
        boolean inference = GradusTorch.gt_is_inference(self().handle()) != 0;
        Tensor.done();
        return inference;
    }

    /**
     * How often its memory was changed in place, views included. A tensor that was saved for backward must still have
     * the same version there.
     *
     * @throws TorchException if it was made in inference mode, where versions are not counted
     */
    default long version() {
        long version = GradusTorch.gt_version_of(self().handle());
        if (version < 0) {
            throw ThreadContext.current().failure();
        }
        Tensor.done();
        return version;
    }
}
