package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.MemorySegment;

/** A mark in a {@link CudaStream}: one can wait for it, and measure the time between two. Any thread may use it. */
public final class CudaEvent extends NativeHandle {

    private CudaEvent(long address) {
        super(address);
        share(() -> GradusTorch.gt_cuda_event_free(address));
    }

    /** An event to wait for. */
    public static CudaEvent create() {
        return create(false, false);
    }

    /** An event to measure time with. */
    public static CudaEvent timing() {
        return create(true, false);
    }

    /**
     * An event.
     *
     * @param timing whether {@link #elapsedMillis} can be asked; such an event costs more
     * @param blocking whether a thread in {@link #synchronize} sleeps instead of spinning
     */
    public static CudaEvent create(boolean timing, boolean blocking) {
        NativeLibrary.require();
        long address = GradusTorch.gt_cuda_event_new(timing ? 1 : 0, blocking ? 1 : 0);
        if (address == 0) {
            throw TorchException.last();
        }
        return new CudaEvent(address);
    }

    long handle() {
        return pin();
    }

    @Override
    String closedMessage() {
        return "the CUDA event is closed";
    }

    /** Puts it into the current stream of the current device. */
    public void record() {
        record(CudaStream.current(Cuda.currentDevice()));
    }

    /** Puts it into a stream: it happens when the stream has done what it holds now. */
    public void record(CudaStream stream) {
        Tensor.check(GradusTorch.gt_cuda_event_record(handle(), stream.device(), stream.number()));
    }

    /** Whether it has happened, or was never recorded. */
    public boolean isDone() {
        int done = GradusTorch.gt_cuda_event_query(handle());
        if (done < 0) {
            throw ThreadContext.current().failure();
        }
        Tensor.done();
        return done == 1;
    }

    /** Waits until it has happened. */
    public void synchronize() {
        Tensor.check(GradusTorch.gt_cuda_event_synchronize(handle()));
    }

    /**
     * The milliseconds from this event to a later one; both must be {@link #timing} and have happened.
     *
     * @throws TorchException if they are not
     */
    public double elapsedMillis(CudaEvent end) {
        MemorySegment out = ThreadContext.current().longs(1);
        Tensor.check(GradusTorch.gt_cuda_event_elapsed(handle(), end.handle(), out));
        return out.get(JAVA_DOUBLE, 0);
    }

    /** Frees it. Closing twice is harmless. */
    @Override
    public void close() {
        closeShared();
    }
}
