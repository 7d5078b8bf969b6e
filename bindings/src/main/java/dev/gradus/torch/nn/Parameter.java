package dev.gradus.torch.nn;

import dev.gradus.torch.Tensor;

/**
 * A named place in a {@link Module} that holds a tensor: a parameter, a buffer or a constant. The tensor is replaced when the module
 * moves to another device or type, so read it with {@link #get()} at each use.
 */
public final class Parameter {
    private Tensor tensor;

    Parameter(Tensor tensor) {
        this.tensor = tensor;
    }

    /** The tensor held now. The module owns it: do not close it. */
    public Tensor get() {
        return tensor;
    }

    /** The tensor that {@code parameter} holds; null where there is none. */
    static Tensor get(Parameter parameter) {
        return parameter == null ? null : parameter.tensor;
    }

    /** Frees the tensor held so far and holds {@code next} instead. */
    void replace(Tensor next) {
        tensor.close();
        tensor = next;
    }
}
