package dev.gradus.torch.nn;

import dev.gradus.torch.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A module from one tensor to one tensor. */
public abstract class Layer extends Module {
    /** Sees a layer's input and output, as in PyTorch's {@code register_forward_hook}. */
    @FunctionalInterface
    public interface ForwardHook {
        /**
         * Called after {@link Layer#forward}.
         *
         * @return what the layer is to answer instead of {@code output}, or null for {@code output} itself
         */
        Tensor after(Layer layer, Tensor input, Tensor output);
    }

    /** Takes a hook away when closed. */
    public interface Registration extends AutoCloseable {
        @Override
        void close();
    }

    private List<ForwardHook> hooks = List.of();

    /** For subclasses: a layer without parameters yet. */
    protected Layer() {}

    /** What the layer computes. Call {@link #call} to have the hooks run as well. */
    public abstract Tensor forward(Tensor input);

    /** {@link #forward}, then the hooks in the order of their registration. */
    public final Tensor call(Tensor input) {
        Tensor output = forward(input);
        for (int i = 0; i < hooks.size(); i++) {
            Tensor replacement = hooks.get(i).after(this, input, output);
            if (replacement != null) {
                output = replacement;
            }
        }
        return output;
    }

    /** Has {@link #call}, and so {@link Sequential}, call a hook after the layer until the registration is closed. */
    public final Registration registerForwardHook(ForwardHook hook) {
        Objects.requireNonNull(hook, "hook");
        ForwardHook mine = (layer, input, output) -> hook.after(layer, input, output);
        hooks = with(mine, true);
        return () -> hooks = with(mine, false);
    }

    private List<ForwardHook> with(ForwardHook hook, boolean present) {
        List<ForwardHook> changed = new ArrayList<>(hooks);
        changed.remove(hook);
        if (present) {
            changed.add(hook);
        }
        return List.copyOf(changed);
    }
}
