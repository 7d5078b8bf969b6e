package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Java code that libtorch calls: hooks, backward functions, recomputation. One function serves them all; each has an
 * id, which native objects refer to. What nothing native refers to any more is let go of at the next {@link #drain}.
 * Exceptions get an id too, so that the call around them can throw the same object.
 */
final class Upcalls {

    /** What is called. */
    interface Code {
        /**
         * Runs in a scope of its own, which is closed after the results were taken over.
         *
         * @param arguments of that scope, with null where there is none
         * @param context of the event, see gradus_torch_autograd.h
         * @return as many as the event wants, null where there is none
         */
        List<Tensor> run(List<Tensor> arguments, long context);
    }

    /** More calls inside of each other are taken for an endless recursion, which would end in a crash. */
    private static final int MAX_ACTIVE = 1000;

    /** The answer where not even the exception could be kept. */
    private static final long UNKNOWN_ERROR = Long.MIN_VALUE;

    private static final ConcurrentHashMap<Long, Object> LIVE = new ConcurrentHashMap<>();
    private static final AtomicLong IDS = new AtomicLong();
    private static final AtomicInteger ACTIVE = new AtomicInteger();
    private static final ThreadLocal<Integer> ACCUMULATING = ThreadLocal.withInitial(() -> 0);

    static {
        connect();
    }

    private Upcalls() {}

    @SuppressWarnings("restricted")
    private static void connect() {
        try {
            var method = MethodHandles.lookup()
                    .findStatic(
                            Upcalls.class,
                            "call",
                            MethodType.methodType(
                                    long.class,
                                    long.class,
                                    int.class,
                                    MemorySegment.class,
                                    long.class,
                                    MemorySegment.class,
                                    long.class,
                                    long.class));
            var pointer = ValueLayout.ADDRESS;
            var descriptor = FunctionDescriptor.of(
                    JAVA_LONG, JAVA_LONG, ValueLayout.JAVA_INT, pointer, JAVA_LONG, pointer, JAVA_LONG, JAVA_LONG);
            Tensor.check(
                    GradusTorch.gt_set_callback(Linker.nativeLinker().upcallStub(method, descriptor, Arena.global())));
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /** The id of code that a native object is going to refer to. */
    static long register(Code code) {
        drain();
        return keep(code);
    }

    private static long keep(Object object) {
        long id = IDS.incrementAndGet();
        LIVE.put(id, object);
        return id;
    }

    /** Lets go of what nothing native refers to any more. */
    static void drain() {
        MemorySegment ids = ThreadContext.current().longs(64);
        long count;
        do {
            count = GradusTorch.gt_released_callbacks(ids, 64);
            long[] released = ids.asSlice(0, count * 8).toArray(JAVA_LONG);
            for (long id : released) {
                LIVE.remove(id);
            }
        } while (count == 64);
    }

    /** How many pieces of code, exceptions and stacks native objects refer to. */
    static int live() {
        drain();
        return LIVE.size();
    }

    /** The exception of the code that made the thread's last call fail; null if it could not be kept. */
    static Throwable failure() {
        Object error = LIVE.get(GradusTorch.gt_last_error_callback());
        GradusTorch.gt_drop_last_error_callback();
        return error instanceof Throwable throwable ? throwable : null;
    }

    @SuppressWarnings("unchecked")
    static <E extends Throwable> RuntimeException sneaky(Throwable throwable) throws E {
        throw (E) throwable;
    }

    /**
     * Refuses what would wait for itself: libtorch holds a lock of the leaf while it runs these hooks.
     *
     * @throws IllegalStateException in a hook that runs after the gradient of a leaf was added up
     */
    static void checkNotAccumulating() {
        if (ACCUMULATING.get() > 0) {
            throw new IllegalStateException("backward() inside of a hook of registerPostAccumulateGradHook;"
                    + " use Autograd.grad there, or call backward() after the outer one");
        }
    }

    // Nothing may leave this method by an exception: that ends the process.
    private static long call(
            long id,
            int event,
            MemorySegment arguments,
            long count,
            MemorySegment results,
            long resultCount,
            long context) {
        try {
            try {
                if (event == GradusTorch.GT_EVENT_NODE_MADE()) {
                    LIVE.put(id, new NodeStack());
                } else if (event == GradusTorch.GT_EVENT_NODE_FAILED()) {
                    NodeStack.failed(LIVE.get(id), context);
                } else {
                    run(id, event, sized(arguments, count), sized(results, resultCount), context);
                }
                return 0;
            } catch (Throwable e) {
                return keep(e);
            }
        } catch (Throwable e) {
            return UNKNOWN_ERROR;
        }
    }

    @SuppressWarnings("restricted")
    private static MemorySegment sized(MemorySegment array, long count) {
        return array.reinterpret(count * 8);
    }

    private static void run(long id, int event, MemorySegment arguments, MemorySegment results, long context) {
        ThreadContext thread = ThreadContext.current();
        int before = thread.enterUpcall();
        Guard modes = thread.guard;
        TensorScope scope = TensorScope.open();
        boolean accumulated = event == GradusTorch.GT_EVENT_ACCUMULATED();
        int accumulating = ACCUMULATING.get();
        ACCUMULATING.set(accumulated ? accumulating + 1 : accumulating);
        int active = ACTIVE.incrementAndGet();
        try {
            // First, so that they are freed whatever happens next.
            List<Tensor> given = new ArrayList<>();
            for (long handle : arguments.toArray(JAVA_LONG)) {
                given.add(handle == 0 ? null : Tensor.result(handle));
            }
            if (active > MAX_ACTIVE) {
                throw new IllegalStateException("more than " + MAX_ACTIVE
                        + " hooks and backward functions run inside of each other; does one call itself without end?");
            }
            // Null only if it was removed a moment ago by another thread.
            if (LIVE.get(id) instanceof Code code) {
                handOut(code.run(given, context), results);
            }
        } finally {
            ACTIVE.decrementAndGet();
            ACCUMULATING.set(accumulating);
            Guard.closeInside(thread, modes);
            scope.closeWithInner();
            thread.exitUpcall(before);
        }
    }

    private static void handOut(List<Tensor> tensors, MemorySegment results) {
        int count = (int) (results.byteSize() / 8);
        if (count == 0) {
            return;
        }
        if (tensors.size() != count) {
            throw new IllegalStateException(tensors.size() + " tensors were returned where libtorch wants " + count);
        }
        for (int i = 0; i < count; i++) {
            Tensor tensor = tensors.get(i);
            if (tensor != null) {
                results.setAtIndex(JAVA_LONG, i, GradusTorch.gt_share(tensor.handle()));
                Tensor.done();
            }
        }
    }

    /** A list of one, which may be null. */
    static List<Tensor> one(Tensor tensor) {
        return Arrays.asList(tensor);
    }
}
