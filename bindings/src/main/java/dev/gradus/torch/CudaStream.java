package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.MemorySegment;

/**
 * A queue of work on a CUDA device: what is put into one runs in order, what is put into several runs side by side.
 * Streams come from a pool that libtorch keeps and need not be closed; two of equal numbers are the same.
 *
 * <p>A tensor made on one stream and used on another needs two things: the second must wait for the first
 * ({@link #waitFor(CudaStream)}), and if the tensor may be closed before the second is done with it,
 * {@link #record(Tensor)}.
 *
 * @param device the index of its device
 * @param number libtorch's own; 0 is the device's default stream
 */
public record CudaStream(int device, long number) {

    /** A stream of the lowest priority, which is the usual one. */
    public static CudaStream create(int device) {
        return create(device, 0);
    }

    /**
     * A stream with a priority.
     *
     * @param priority 0 is the lowest; negative ones go first, down to {@link #highestPriority}
     * @throws TorchValueException if there is no such priority
     */
    public static CudaStream create(int device, int priority) {
        MemorySegment out = ThreadContext.current().longs(1);
        Tensor.check(GradusTorch.gt_cuda_stream_new(device, priority, out));
        return new CudaStream(device, out.get(JAVA_LONG, 0));
    }

    /** The highest priority, a number not above 0. */
    public static int highestPriority() {
        MemorySegment out = ThreadContext.current().longs(1);
        Tensor.check(GradusTorch.gt_cuda_stream_highest_priority(out));
        return out.get(JAVA_INT, 0);
    }

    /** The stream of a device that operators of this thread use. */
    public static CudaStream current(int device) {
        MemorySegment out = ThreadContext.current().longs(1);
        Tensor.check(GradusTorch.gt_cuda_stream_current(device, out));
        return new CudaStream(device, out.get(JAVA_LONG, 0));
    }

    /** The stream of a device that operators use where none was chosen. */
    public static CudaStream defaultOf(int device) {
        Cuda.requireAvailable();
        return new CudaStream(device, 0);
    }

    /**
     * Until the guard is closed, operators of this thread use this stream, and its device is the current one.
     *
     * @throws IllegalStateException in a virtual thread
     */
    public Guard use() {
        Guard.requirePlatformThread();
        int deviceBefore = Cuda.currentDevice();
        CudaStream before = current(device);
        setCurrent();
        Cuda.setDevice(device);
        return new Guard(() -> {
            before.setCurrent();
            Cuda.setDevice(deviceBefore);
        });
    }

    private void setCurrent() {
        Tensor.check(GradusTorch.gt_cuda_stream_set_current(device, number));
    }

    /** Its priority. */
    public int priority() {
        MemorySegment out = ThreadContext.current().longs(1);
        Tensor.check(GradusTorch.gt_cuda_stream_priority(device, number, out));
        return out.get(JAVA_INT, 0);
    }

    /** Whether it has done all it was given. */
    public boolean isDone() {
        NativeLibrary.require();
        int done = GradusTorch.gt_cuda_stream_query(device, number);
        if (done < 0) {
            throw TorchException.last();
        }
        return done == 1;
    }

    /** Waits until it has done all it was given. */
    public void synchronize() {
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_cuda_stream_synchronize(device, number));
    }

    /** What is put into this stream from now on waits for an event; this thread does not. */
    public void waitFor(CudaEvent event) {
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_cuda_event_wait(event.handle(), device, number));
    }

    /** What is put into this stream from now on waits for what another one holds now; this thread does not. */
    public void waitFor(CudaStream other) {
        try (CudaEvent event = CudaEvent.create()) {
            event.record(other);
            waitFor(event);
        }
    }

    /**
     * Tells the allocator that this stream uses a tensor: its memory, once freed, is not used again before the stream
     * has done what it holds then.
     */
    public void record(Tensor tensor) {
        Tensor.check(GradusTorch.gt_record_stream(tensor.handle(), device, number));
    }

    /** The cudaStream_t, for other libraries. */
    public long address() {
        MemorySegment out = ThreadContext.current().longs(1);
        Tensor.check(GradusTorch.gt_cuda_stream_address(device, number, out));
        return out.get(JAVA_LONG, 0);
    }
}
