package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;

/**
 * A source of random numbers on one device. Generators of the same seed give the same numbers as PyTorch's
 * {@code torch.Generator}. Its state can be saved and restored. It does not belong to any scope.
 */
public final class Generator implements AutoCloseable {

    private static final Cleaner CLEANER = Cleaner.create();

    private final Device device;
    private final Cleaner.Cleanable cleanable;
    private long handle;

    private Generator(long handle, Device device) {
        this.handle = handle;
        this.device = device;
        this.cleanable = CLEANER.register(this, () -> GradusTorch.gt_generator_free(handle));
    }

    private static Generator wrap(long handle, Device device) {
        if (handle == 0) {
            throw TorchException.last();
        }
        return new Generator(handle, device);
    }

    /** A new one on the CPU. */
    public static Generator cpu(long seed) {
        return on(Device.cpu(), seed);
    }

    /**
     * A new one.
     *
     * @throws TorchException if the device does not exist
     */
    public static Generator on(Device device, long seed) {
        NativeLibrary.require();
        return wrap(GradusTorch.gt_generator_new(device.type().code(), device.index(), seed), device);
    }

    /** The one that operators use where none is named, dropout for example; shared by all threads. */
    public static Generator defaultOf(Device device) {
        NativeLibrary.require();
        return wrap(GradusTorch.gt_generator_default(device.type().code(), device.index()), device);
    }

    static long handleOrZero(Generator generator) {
        return generator == null ? 0 : generator.handle();
    }

    long handle() {
        long open = handle;
        if (open == 0) {
            throw new IllegalStateException("the generator is closed");
        }
        return open;
    }

    /** The device it makes numbers on. */
    public Device device() {
        return device;
    }

    /**
     * Starts anew from a seed.
     *
     * @return this
     */
    public Generator manualSeed(long seed) {
        Tensor.check(GradusTorch.gt_generator_seed(handle(), seed), this);
        return this;
    }

    /** The state, as a UINT8 tensor on the CPU. */
    public Tensor state() {
        return Tensor.result(GradusTorch.gt_generator_state(handle()), this);
    }

    /**
     * Restores a state.
     *
     * @throws TorchException if it is not the state of a generator of this kind
     */
    public void setState(Tensor state) {
        Tensor.check(GradusTorch.gt_generator_set_state(handle(), state.handle()), this, state);
    }

    /** Frees it. Closing twice is harmless. */
    @Override
    public void close() {
        handle = 0;
        cleanable.clean();
        Reference.reachabilityFence(this);
    }
}
