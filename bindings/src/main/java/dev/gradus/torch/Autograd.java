package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Automatic differentiation: its modes, and gradients as results. */
public final class Autograd {

    private Autograd() {}

    /** Until the guard is closed, this thread records no gradient graph. */
    public static Guard noGrad() {
        return mode(false);
    }

    /** Until the guard is closed, this thread records a gradient graph, also inside of {@link #noGrad}. */
    public static Guard enableGrad() {
        return mode(true);
    }

    private static Guard mode(boolean enabled) {
        NativeLibrary.require();
        int before = GradusTorch.gt_set_grad_enabled(enabled ? 1 : 0);
        return new Guard(() -> GradusTorch.gt_set_grad_enabled(before));
    }

    /** Whether this thread records a gradient graph. */
    public static boolean isGradEnabled() {
        NativeLibrary.require();
        return GradusTorch.gt_grad_enabled() != 0;
    }

    /**
     * The gradients of a tensor of one element with respect to the inputs, without touching their {@code grad()}.
     *
     * @throws TorchException if an input took no part in the output
     */
    public static List<Tensor> grad(Tensor output, List<Tensor> inputs) {
        return grad(output, null, inputs, false, false, false);
    }

    /**
     * The gradients of a tensor with respect to the inputs, without touching their {@code grad()}.
     *
     * @param gradient of the output, in its shape; null for an output of one element
     * @param retainGraph whether the graph can be used again
     * @param createGraph whether the gradients get a graph of their own, for higher derivatives
     * @param allowUnused whether an input may have taken no part in the output; its gradient is null then
     */
    public static List<Tensor> grad(
            Tensor output,
            Tensor gradient,
            List<Tensor> inputs,
            boolean retainGraph,
            boolean createGraph,
            boolean allowUnused) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG, Math.max(1, inputs.size()));
            int status = GradusTorch.gt_autograd_grad(
                    output.handle(),
                    Tensor.handleOrZero(gradient),
                    ThreadContext.current().list(inputs),
                    inputs.size(),
                    retainGraph ? 1 : 0,
                    createGraph ? 1 : 0,
                    allowUnused ? 1 : 0,
                    out);
            Tensor.check(status);
            List<Tensor> gradients = new ArrayList<>();
            for (int i = 0; i < inputs.size(); i++) {
                long handle = out.getAtIndex(JAVA_LONG, i);
                gradients.add(handle == 0 ? null : Tensor.result(handle));
            }
            return gradients;
        }
    }
}
