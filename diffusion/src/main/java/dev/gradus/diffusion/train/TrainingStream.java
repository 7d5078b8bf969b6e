package dev.gradus.diffusion.train;

import dev.gradus.torch.Cuda;
import dev.gradus.torch.CudaStream;
import dev.gradus.torch.Device;
import dev.gradus.torch.Guard;

/**
 * A stream of its own for all that a training does on a GPU while it is open, since a graph cannot be captured in the default
 * one. Nothing on the CPU.
 */
final class TrainingStream implements AutoCloseable {
    private final CudaStream stream;
    private final Guard guard;

    private TrainingStream(CudaStream stream, Guard guard) {
        this.stream = stream;
        this.guard = guard;
    }

    /** After all that was begun before. */
    static TrainingStream open(Device device) {
        if (!device.isCuda()) {
            return new TrainingStream(null, null);
        }
        int index = device.index() < 0 ? Cuda.currentDevice() : device.index();
        CudaStream stream = CudaStream.create(index);
        stream.waitFor(CudaStream.current(index));
        return new TrainingStream(stream, stream.use());
    }

    /** Waits until all is done. */
    @Override
    public void close() {
        if (stream != null) {
            guard.close();
            stream.synchronize();
        }
    }
}
