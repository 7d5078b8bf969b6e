package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A source of random numbers on one device. Generators of the same seed give the same numbers as PyTorch's
 * {@code torch.Generator}. Its state can be saved and restored. It does not belong to any scope.
 */
public final class Generator extends NativeHandle {

    private final Device device;

    private Generator(long address, Device device) {
        super(address);
        this.device = device;
        share(() -> GradusTorch.gt_generator_free(address));
    }

    private static Generator wrap(long address, Device device) {
        if (address == 0) {
            throw ThreadContext.current().failure();
        }
        return new Generator(address, device);
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

    /** The address, good until this thread's call is over, as {@link Tensor#handle}. */
    long handle() {
        return pin();
    }

    @Override
    String closedMessage() {
        return "the generator is closed";
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
        Tensor.check(GradusTorch.gt_generator_seed(handle(), seed));
        return this;
    }

    /**
     * Starts anew from a seed that the system's source of randomness gives.
     *
     * @return that seed
     */
    public long seed() {
        return seedOf(GradusTorch::gt_generator_seed_anew);
    }

    /** The seed that it last started from. */
    public long initialSeed() {
        return seedOf(GradusTorch::gt_generator_initial_seed);
    }

    private long seedOf(SeedCall call) {
        MemorySegment out = ThreadContext.current().longs(1);
        Tensor.check(call.invoke(handle(), out));
        return out.get(ValueLayout.JAVA_LONG, 0);
    }

    private interface SeedCall {
        int invoke(long generator, MemorySegment seed);
    }

    /** The state, as a UINT8 tensor on the CPU. */
    public Tensor state() {
        return Tensor.result(GradusTorch.gt_generator_state(handle()));
    }

    /**
     * Restores a state.
     *
     * @throws TorchException if it is not the state of a generator of this kind
     */
    public void setState(Tensor state) {
        Tensor.check(GradusTorch.gt_generator_set_state(handle(), state.handle()));
    }

    /** Frees it. Closing twice is harmless. */
    @Override
    public void close() {
        closeShared();
    }
}
