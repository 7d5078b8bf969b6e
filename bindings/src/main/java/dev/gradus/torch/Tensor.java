package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.Arrays;

/**
 * A tensor of libtorch: an n-dimensional array on the CPU or on a GPU, with its gradient.
 *
 * <p>Methods have PyTorch's names in camelCase and its argument order; those that end in {@code _} change the tensor
 * and return it. They are grouped by subject in the interfaces that this class implements.
 *
 * <h2>Memory</h2>
 * A tensor made while a {@link TensorScope} is open in the thread is freed with that scope. Any other is freed by
 * {@link #close}, or when the garbage collector finds it. Using a closed tensor is an {@link IllegalStateException}.
 *
 * <h2>Threads</h2>
 * A tensor may be used by many threads as long as none changes or closes it. Gradient and autocast modes belong to a
 * platform thread; virtual threads should not be used for them.
 */
public final class Tensor implements AutoCloseable, PointwiseOps, InPlaceOps, ReductionOps, ShapeOps {

    private static final Cleaner CLEANER = Cleaner.create();

    /** The address of the TensorImpl; 0 once closed. */
    private long handle;
    /** The scope that frees it, or the Cleanable that does. */
    private Object owner;
    /** The place in the scope's list. */
    private int slot;

    private Tensor(long handle) {
        this.handle = handle;
    }

    // ------------------------------------------------------------------ ownership

    /** The answer of a native call as a tensor; where it is none, the exception of the thread's last failure. */
    static Tensor wrap(long handle) {
        if (handle == 0) {
            throw TorchException.last();
        }
        Tensor tensor = new Tensor(handle);
        TensorScope scope = ThreadContext.current().scope;
        if (scope != null) {
            scope.add(tensor);
        } else {
            tensor.ownedByCleaner();
        }
        return tensor;
    }

    // The arguments of a call go in here after it, so that the garbage collector cannot free them during it.

    static Tensor result(long handle, Object argument) {
        Reference.reachabilityFence(argument);
        return wrap(handle);
    }

    static Tensor result(long handle, Object first, Object second) {
        Reference.reachabilityFence(first);
        Reference.reachabilityFence(second);
        return wrap(handle);
    }

    static Tensor result(long handle, Object first, Object second, Object third) {
        Reference.reachabilityFence(third);
        return result(handle, first, second);
    }

    static Tensor result(long handle, Object first, Object second, Object third, Object fourth) {
        Reference.reachabilityFence(fourth);
        return result(handle, first, second, third);
    }

    /** Throws the thread's last failure if the status is not 0. */
    static void check(int status, Object argument) {
        Reference.reachabilityFence(argument);
        if (status != 0) {
            throw TorchException.last();
        }
    }

    static void check(int status, Object first, Object second) {
        Reference.reachabilityFence(second);
        check(status, first);
    }

    static long handleOrZero(Tensor tensor) {
        return tensor == null ? 0 : tensor.handle();
    }

    long handle() {
        long open = handle;
        if (open == 0) {
            throw new IllegalStateException("the tensor is closed: by close(), or with the scope it was made in");
        }
        return open;
    }

    TensorScope scope() {
        return owner instanceof TensorScope scope ? scope : null;
    }

    int slot() {
        return slot;
    }

    void ownedBy(TensorScope scope, int newSlot) {
        owner = scope;
        slot = newSlot;
    }

    void ownedByCleaner() {
        owner = CLEANER.register(this, new Free(handle));
    }

    /** Gives the handle to whoever frees it. */
    long release() {
        long released = handle;
        handle = 0;
        owner = null;
        return released;
    }

    private record Free(long handle) implements Runnable {
        @Override
        public void run() {
            GradusTorch.gt_free(handle);
        }
    }

    /** Whether it was closed, by itself or with its scope. */
    public boolean isClosed() {
        return handle == 0;
    }

    /**
     * Frees the tensor's memory, unless other tensors or a gradient graph still need it. Closing twice is harmless.
     *
     * @throws WrongThreadException if it belongs to a scope of another thread
     */
    @Override
    public void close() {
        if (handle == 0) {
            return;
        }
        if (owner instanceof TensorScope scope) {
            scope.checkThread();
            scope.forget(this);
            GradusTorch.gt_free(release());
        } else {
            Cleaner.Cleanable cleanable = (Cleaner.Cleanable) owner;
            release();
            cleanable.clean();
        }
    }

    // --------------------------------------------------------------------- queries

    /** The number of dimensions. */
    public int dim() {
        int dim = Getters.dim(handle());
        Reference.reachabilityFence(this);
        return dim;
    }

    /** The number of elements. */
    public long numel() {
        long numel = Getters.numel(handle());
        Reference.reachabilityFence(this);
        return numel;
    }

    /** The sizes of the dimensions, as a new array. */
    public long[] shape() {
        long[] shape = Getters.sizes(handle());
        Reference.reachabilityFence(this);
        return shape;
    }

    /**
     * The size of one dimension.
     *
     * @param dim in [-dim(), dim()); negative ones count from the end
     * @throws TorchIndexException if it is out of range
     */
    public long size(int dim) {
        long[] shape = shape();
        int index = dim < 0 ? dim + shape.length : dim;
        if (index < 0 || index >= shape.length) {
            throw new TorchIndexException("dimension " + dim + " of a tensor with " + shape.length
                    + " dimensions; it must be in [" + -shape.length + ", " + shape.length + ")");
        }
        return shape[index];
    }

    /** The distance, in elements, between neighbours along each dimension. */
    public long[] strides() {
        long[] strides = Getters.strides(handle());
        Reference.reachabilityFence(this);
        return strides;
    }

    /** The type of the elements. */
    public DType dtype() {
        int code = Getters.dtype(handle());
        Reference.reachabilityFence(this);
        return DType.ofCode(code);
    }

    /** Where the tensor lives. */
    public Device device() {
        Device device = Device.of(Getters.deviceType(handle()), Getters.deviceIndex(handle()));
        Reference.reachabilityFence(this);
        return device;
    }

    /** Whether gradients are computed for it. */
    public boolean requiresGrad() {
        boolean requiresGrad = Getters.requiresGrad(handle());
        Reference.reachabilityFence(this);
        return requiresGrad;
    }

    /** Whether it was made by the user, not by an operator of the gradient graph. */
    public boolean isLeaf() {
        boolean isLeaf = Getters.isLeaf(handle());
        Reference.reachabilityFence(this);
        return isLeaf;
    }

    /** Whether its elements lie in row-major order without gaps. */
    public boolean isContiguous() {
        return isContiguous(MemoryFormat.CONTIGUOUS);
    }

    /** Whether its elements lie in this order without gaps. */
    public boolean isContiguous(MemoryFormat format) {
        boolean contiguous = GradusTorch.gt_is_contiguous(handle(), format.code()) != 0;
        Reference.reachabilityFence(this);
        return contiguous;
    }

    // --------------------------------------------------------------------- reading

    /**
     * The only element, as a double.
     *
     * @throws TorchException if there is not exactly one
     */
    public double item() {
        MemorySegment memory = readItem();
        return memory.get(JAVA_DOUBLE, 0);
    }

    /**
     * The only element, as a long.
     *
     * @throws TorchException if there is not exactly one
     * @throws TorchTypeException if it is not an integer or a truth value
     */
    public long itemLong() {
        MemorySegment memory = readItem();
        if (memory.get(JAVA_INT, 16) == 0) {
            throw new TorchTypeException(
                    "itemLong() of a " + dtype() + " tensor; use item(), or to(DType.INT64) first");
        }
        return memory.get(JAVA_LONG, 8);
    }

    private MemorySegment readItem() {
        MemorySegment memory = ThreadContext.current().longs(3);
        check(GradusTorch.gt_item(handle(), memory, memory.asSlice(8), memory.asSlice(16)), this);
        return memory;
    }

    /** The elements in row-major order, converted to float. */
    public float[] toFloatArray() {
        float[] array = new float[arrayLength()];
        readInto(DType.FLOAT32, MemorySegment.ofArray(array));
        return array;
    }

    /** The elements in row-major order, converted to double. */
    public double[] toDoubleArray() {
        double[] array = new double[arrayLength()];
        readInto(DType.FLOAT64, MemorySegment.ofArray(array));
        return array;
    }

    /** The elements in row-major order, converted to long. */
    public long[] toLongArray() {
        long[] array = new long[arrayLength()];
        readInto(DType.INT64, MemorySegment.ofArray(array));
        return array;
    }

    /** The elements in row-major order, converted to int. */
    public int[] toIntArray() {
        int[] array = new int[arrayLength()];
        readInto(DType.INT32, MemorySegment.ofArray(array));
        return array;
    }

    /** The elements in row-major order, converted to unsigned bytes. */
    public byte[] toByteArray() {
        byte[] array = new byte[arrayLength()];
        readInto(DType.UINT8, MemorySegment.ofArray(array));
        return array;
    }

    private int arrayLength() {
        long numel = numel();
        if (numel > Integer.MAX_VALUE - 8) {
            throw new TorchValueException("a tensor of " + numel + " elements does not fit into a Java array;"
                    + " use copyTo(MemorySegment)");
        }
        return (int) numel;
    }

    /**
     * Copies the elements, in row-major order and in the tensor's dtype, to memory.
     *
     * @param out of exactly {@code numel() * dtype().byteSize()} bytes
     * @throws TorchValueException if it is of another size
     */
    public void copyTo(MemorySegment out) {
        readInto(dtype(), out);
    }

    private void readInto(DType dtype, MemorySegment out) {
        long bytes = numel() * dtype.byteSize();
        checkBytes(out, bytes);
        try (Guard _ = Autograd.noGrad();
                Tensor converted = to(dtype);
                Tensor local = converted.to(Device.cpu());
                Tensor flat = local.contiguous()) {
            out.copyFrom(flat.memory(bytes));
            Reference.reachabilityFence(flat);
        }
    }

    /**
     * Replaces the elements by those in memory, in row-major order and in the tensor's dtype.
     *
     * @param data of exactly {@code numel() * dtype().byteSize()} bytes
     * @return this
     * @throws TorchValueException if it is of another size
     */
    public Tensor copyFrom(MemorySegment data) {
        long bytes = numel() * dtype().byteSize();
        checkBytes(data, bytes);
        if (!device().isCuda() && isContiguous()) {
            memory(bytes).copyFrom(data);
            Reference.reachabilityFence(this);
        } else {
            try (Guard _ = Autograd.noGrad();
                    Tensor local = Torch.fromSegment(data, dtype(), shape())) {
                copy_(local);
            }
        }
        return this;
    }

    private void checkBytes(MemorySegment memory, long bytes) {
        if (memory.byteSize() != bytes) {
            throw new TorchValueException("the memory has " + memory.byteSize() + " bytes, a " + dtype()
                    + " tensor of shape " + Arrays.toString(shape()) + " needs " + bytes);
        }
    }

    /**
     * The elements as memory, without a copy; changes go both ways. The arena holds the tensor's memory, so the view
     * is good until the arena is closed, even if the tensor is closed before.
     *
     * @throws TorchValueException if the tensor is not contiguous or not on the CPU
     */
    @SuppressWarnings("restricted")
    public MemorySegment data(Arena arena) {
        if (device().isCuda() || !isContiguous()) {
            throw new TorchValueException("data() needs a contiguous tensor on the CPU; this one is on " + device()
                    + (isContiguous() ? "" : " and not contiguous; call contiguous() first"));
        }
        long bytes = numel() * dtype().byteSize();
        long shared = GradusTorch.gt_share(handle());
        if (shared == 0) {
            throw TorchException.last();
        }
        MemorySegment address = GradusTorch.gt_data_ptr(shared);
        return MemorySegment.ofAddress(address.address())
                .reinterpret(bytes, arena, memory -> GradusTorch.gt_free(shared));
    }

    /** The memory of a contiguous tensor on the CPU; the caller keeps the tensor reachable. */
    @SuppressWarnings("restricted")
    MemorySegment memory(long bytes) {
        if (bytes == 0) {
            return MemorySegment.NULL;
        }
        MemorySegment address = GradusTorch.gt_data_ptr(handle());
        if (address.address() == 0) {
            throw TorchException.last();
        }
        return address.reinterpret(bytes);
    }

    // -------------------------------------------------------------------- autograd

    /**
     * Sets whether gradients are computed for it.
     *
     * @return this
     */
    public Tensor requiresGrad_(boolean requiresGrad) {
        check(GradusTorch.gt_set_requires_grad(handle(), requiresGrad ? 1 : 0), this);
        return this;
    }

    /**
     * Computes the gradient of this tensor, which has one element, with respect to the leaves of its graph, and adds
     * it to their {@link #grad}.
     */
    public void backward() {
        check(GradusTorch.gt_backward(handle(), 0, 0, 0), this);
    }

    /**
     * As {@link #backward()} for a tensor of any shape.
     *
     * @param gradient of this tensor, in its shape; null for a tensor of one element
     * @param retainGraph whether the graph can be used again
     * @param createGraph whether the gradients get a graph of their own, for higher derivatives
     */
    public void backward(Tensor gradient, boolean retainGraph, boolean createGraph) {
        int status =
                GradusTorch.gt_backward(handle(), handleOrZero(gradient), retainGraph ? 1 : 0, createGraph ? 1 : 0);
        check(status, this, gradient);
    }

    /** The gradient, a tensor of its own handle over the same memory; null if there is none. */
    public Tensor grad() {
        long gradient = GradusTorch.gt_grad(handle());
        Reference.reachabilityFence(this);
        return gradient == 0 && GradusTorch.gt_last_error_code() == 0 ? null : wrap(gradient);
    }

    /** Replaces the gradient; null removes it. */
    public void setGrad(Tensor gradient) {
        check(GradusTorch.gt_set_grad(handle(), handleOrZero(gradient)), this, gradient);
    }

    /** A tensor of the same memory outside of the gradient graph. */
    public Tensor detach() {
        return result(GradusTorch.gt_detach(handle()), this);
    }

    /** A short description; the elements are not read. */
    @Override
    public String toString() {
        return isClosed()
                ? "tensor(closed)"
                : "tensor(shape=" + Arrays.toString(shape()) + ", dtype=" + dtype() + ", device=" + device()
                        + (requiresGrad() ? ", requiresGrad)" : ")");
    }

    /** A copy with memory of its own; gradients flow through it. */
    @Override
    public Tensor clone() {
        return result(GradusTorch.gt_clone(handle(), MemoryFormat.PRESERVE.code()), this);
    }
}
