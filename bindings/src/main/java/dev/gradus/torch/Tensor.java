package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;

/**
 * A tensor of libtorch: an n-dimensional array on the CPU or on a GPU, with its gradient.
 *
 * <p>Methods have PyTorch's names in camelCase and its argument order; those that end in {@code _} change the tensor
 * and return it. They are grouped by subject in the interfaces that this class implements.
 *
 * <h2>Memory and threads</h2>
 * A tensor made while a {@link TensorScope} is open in the thread is <em>confined</em>: it is freed with that scope, and
 * only that thread may use or close it; another gets a {@link WrongThreadException}. Any other, and one taken out by
 * {@link TensorScope#keep}, is <em>shared</em>: all threads may use it, and it is freed by {@link #close}, from any
 * thread, or when the garbage collector finds it. Using a closed tensor is an {@link IllegalStateException}. (The two kinds
 * are those of {@link Arena#ofConfined} and {@link Arena#ofShared}.)
 *
 * <p>Many threads may read a tensor at once. While one changes it - its elements, its shape in place, its gradient or
 * whether it requires one - no other may use it, or a tensor over the same memory: libtorch takes no lock, so the elements
 * are undefined then, and a change of shape or gradient can crash. Gradient and autocast modes belong to a platform
 * thread; virtual threads should not be used for them.
 */
public final class Tensor extends NativeHandle
        implements PointwiseOps,
                ComparisonOps,
                InPlaceOps,
                ReductionOps,
                SortOps,
                IndexOps,
                ShapeOps,
                LayoutOps,
                MatrixOps,
                DataOps,
                DeviceOps,
                ItemOps,
                Index,
                GradientOps {

    /** Where the scope keeps its address. */
    private int slot;

    private Tensor(long address) {
        super(address);
    }

    private Tensor(long address, TensorScope scope) {
        super(address);
        confine(scope);
    }

    // ------------------------------------------------------------------ ownership

    /**
     * The end of a native call that makes a tensor: lets go of what the call used.
     *
     * @param address the answer
     * @throws TorchException the thread's last failure, where the answer is none
     */
    static Tensor result(long address) {
        ThreadContext context = ThreadContext.current();
        if (address == 0) {
            throw context.failure();
        }
        context.endCall();
        TensorScope scope = context.scope;
        if (scope != null) {
            return new Tensor(address, scope);
        }
        Tensor tensor = new Tensor(address);
        tensor.share();
        return tensor;
    }

    /** The end of a native call that answers a status. */
    static void check(int status) {
        ThreadContext context = ThreadContext.current();
        if (status != 0) {
            throw context.failure();
        }
        context.endCall();
    }

    /** The end of a native call that cannot fail. */
    static void done() {
        ThreadContext.current().endCall();
    }

    static long handleOrZero(Tensor tensor) {
        return tensor == null ? 0 : tensor.handle();
    }

    /**
     * The address, good until this thread's call is over: {@link #result}, {@link #check} or {@link #done} must follow.
     *
     * @throws IllegalStateException if the tensor is closed
     * @throws WrongThreadException if it belongs to a scope of another thread
     */
    long handle() {
        if (owner instanceof TensorScope scope) {
            if (scope.thread == Thread.currentThread()) {
                return address;
            }
            ThreadContext.current().releasePins();
            throw scope.isClosed() ? new IllegalStateException(closedMessage()) : scope.wrongThread();
        }
        return pin();
    }

    /** The scope that it is confined to; null for a shared or closed one. */
    TensorScope scope() {
        return owner instanceof TensorScope scope && !scope.isClosed() ? scope : null;
    }

    int slot() {
        return slot;
    }

    /** Makes a scope its owner. */
    void confine(TensorScope scope) {
        slot = scope.add(address);
        owner = scope;
    }

    void share() {
        share(Leaks.freeing(address));
    }

    @Override
    String closedMessage() {
        return "the tensor is closed: by close(), or with the scope it was made in";
    }

    /** Whether it was closed, by itself or with its scope. */
    public boolean isClosed() {
        return owner instanceof TensorScope scope ? scope.isClosed() : !isSharedOpen();
    }

    /**
     * Frees the tensor's memory, unless other tensors or a gradient graph still need it; where another thread is just
     * using it, as soon as that call is over. Closing twice is harmless.
     *
     * @throws WrongThreadException if it belongs to a scope of another thread
     */
    @Override
    public void close() {
        if (owner instanceof TensorScope scope) {
            if (scope.thread == Thread.currentThread()) {
                scope.forget(slot);
                owner = null;
                GradusTorch.gt_free(address);
            } else if (!scope.isClosed()) {
                throw scope.wrongThread();
            }
        } else {
            closeShared();
        }
    }

    // --------------------------------------------------------------------- queries

    /** The end of a query: a confined tensor had no pin. */
    private void used() {
        if (!(owner instanceof TensorScope)) {
            done();
        }
    }

    /** The number of dimensions. */
    public int dim() {
        int dim = Getters.dim(handle());
        used();
        return dim;
    }

    /** The number of elements. */
    public long numel() {
        long numel = Getters.numel(handle());
        used();
        return numel;
    }

    /**
     * The sizes of the dimensions, as a new array.
     *
     * @throws TorchException if it has none, as a nested tensor
     */
    public long[] shape() {
        long[] shape = Getters.sizes(handle());
        used();
        return shape;
    }

    /**
     * The size of one dimension.
     *
     * @param dim in [-dim(), dim()); negative ones count from the end
     * @throws TorchIndexException if it is out of range
     */
    public long size(int dim) {
        long handle = handle();
        int dims = Getters.dim(handle);
        int index = dim < 0 ? dim + dims : dim;
        if (index < 0 || index >= dims) {
            used();
            throw new TorchIndexException("dimension " + dim + " of a tensor with " + dims
                    + " dimensions; it must be in [" + -dims + ", " + dims + ")");
        }
        long size = Getters.size(handle, dims, index);
        used();
        return size;
    }

    /**
     * The distance, in elements, between neighbours along each dimension.
     *
     * @throws TorchException if it has none, as a nested tensor
     */
    public long[] strides() {
        long[] strides = Getters.strides(handle());
        used();
        return strides;
    }

    /** The type of the elements. */
    public DType dtype() {
        int code = Getters.dtype(handle());
        used();
        return DType.ofCode(code);
    }

    /** Where the tensor lives. */
    public Device device() {
        Device device = Device.of(Getters.deviceType(handle()), Getters.deviceIndex(handle()));
        used();
        return device;
    }

    /** Whether gradients are computed for it. */
    public boolean requiresGrad() {
        boolean requiresGrad = Getters.requiresGrad(handle());
        used();
        return requiresGrad;
    }

    /** Whether it was made by the user, not by an operator of the gradient graph. */
    public boolean isLeaf() {
        boolean isLeaf = Getters.isLeaf(handle());
        used();
        return isLeaf;
    }

    /** Whether its elements lie in row-major order without gaps. */
    public boolean isContiguous() {
        return isContiguous(MemoryFormat.CONTIGUOUS);
    }

    /** Whether its elements lie in this order without gaps. */
    public boolean isContiguous(MemoryFormat format) {
        boolean contiguous = GradusTorch.gt_is_contiguous(handle(), format.code()) != 0;
        used();
        return contiguous;
    }

    // -------------------------------------------------------------------- autograd

    /**
     * Sets whether gradients are computed for it.
     *
     * @return this
     */
    public Tensor requiresGrad_(boolean requiresGrad) {
        check(GradusTorch.gt_set_requires_grad(handle(), requiresGrad ? 1 : 0));
        return this;
    }

    /**
     * Computes the gradient of this tensor, which has one element, with respect to the leaves of its graph, and adds
     * it to their {@link #grad}.
     */
    public void backward() {
        backward(null, false, false);
    }

    /**
     * As {@link #backward()} for a tensor of any shape.
     *
     * @param gradient of this tensor, in its shape; null for a tensor of one element
     * @param retainGraph whether the graph can be used again
     * @param createGraph whether the gradients get a graph of their own, for higher derivatives
     */
    public void backward(Tensor gradient, boolean retainGraph, boolean createGraph) {
        Autograd.backward(List.of(this), Arrays.asList(gradient), retainGraph, createGraph);
    }

    /** The gradient, a tensor of its own handle over the same memory; null if there is none. */
    public Tensor grad() {
        long gradient = GradusTorch.gt_grad(handle());
        if (gradient == 0 && GradusTorch.gt_last_error_code() == 0) {
            done();
            return null;
        }
        return result(gradient);
    }

    /** Replaces the gradient; null removes it. */
    public void setGrad(Tensor gradient) {
        check(GradusTorch.gt_set_grad(handle(), handleOrZero(gradient)));
    }

    /** A tensor of the same memory outside of the gradient graph. */
    public Tensor detach() {
        return result(GradusTorch.gt_detach(handle()));
    }

    /** As PyTorch prints it, by {@link PrintOptions#current}; never fails, also not for a closed tensor. */
    @Override
    public String toString() {
        return TensorPrinter.printSafely(this);
    }

    /** A copy with memory of its own; gradients flow through it. */
    @Override
    public Tensor clone() {
        return result(GradusTorch.gt_clone(handle(), MemoryFormat.PRESERVE.code()));
    }
}
