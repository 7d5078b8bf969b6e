package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;

/**
 * A hook of a tensor, to be removed by closing this. A hook that is not removed stays for as long as its tensor or
 * the gradient graph lives; it does not matter whether the handle is kept.
 */
public final class HookHandle implements AutoCloseable {

    private final long id;

    private HookHandle(long id) {
        this.id = id;
    }

    static HookHandle add(Tensor tensor, int event, Upcalls.Code code) {
        long id = Upcalls.register(code);
        Tensor.check(GradusTorch.gt_hook_add(tensor.handle(), id, event));
        return new HookHandle(id);
    }

    /**
     * Removes the hook, from any thread; one that is just running in another thread ends its run. Closing twice is
     * harmless.
     */
    @Override
    public void close() {
        GradusTorch.gt_hook_remove(id);
        Upcalls.drain();
    }
}
