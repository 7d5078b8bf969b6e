package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;

/** What concerns the way between the host and a device. */
public sealed interface DeviceOps permits Tensor {

    private Tensor self() {
        return (Tensor) this;
    }

    /**
     * On this device; the tensor itself if it is there already.
     *
     * @param nonBlocking whether the call may return before the copy is done, which it can between pinned host memory
     *     ({@link #pinMemory}) and a CUDA device: what uses the copy on the same stream waits for it, the host does not
     */
    default Tensor to(Device device, boolean nonBlocking) {
        return self().to(null, device, nonBlocking, false, MemoryFormat.PRESERVE);
    }

    /**
     * A copy in page-locked host memory, which a CUDA device can read by itself.
     *
     * @throws TorchException if there is no CUDA device, or the tensor is not on the CPU
     */
    default Tensor pinMemory() {
        return Tensor.result(GradusTorch.gt_pin_memory(self().handle()));
    }

    /** Whether it lies in page-locked host memory; false without CUDA. */
    default boolean isPinned() {
        int pinned = GradusTorch.gt_is_pinned(self().handle());
        if (pinned < 0) {
            throw ThreadContext.current().failure();
        }
        Tensor.done();
        return pinned == 1;
    }

    /** As {@link CudaStream#record}: this stream uses the tensor's memory. */
    default void recordStream(CudaStream stream) {
        stream.record(self());
    }
}
