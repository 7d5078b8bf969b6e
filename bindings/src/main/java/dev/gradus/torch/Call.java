package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/**
 * One call of an operator: its arguments in the order of the schema, written straight into native memory, then one of
 * the ends ({@link #result} and those below it), which makes the call.
 *
 * <pre>{@code Call.of(ROLL).tensor(self).ints(shifts).ints(dims).result()}</pre>
 *
 * Arguments left out at the end have their defaults. Handles are read and pinned only at the end, so the arguments
 * of a call may be calls themselves. A thread uses its calls again, so nothing is allocated but the results.
 */
final class Call {

    /** All memory: the addresses in a row of values are absolute. */
    @SuppressWarnings("restricted")
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final int TENSOR = GradusTorch.GT_VALUE_TENSOR();
    private static final int INT = GradusTorch.GT_VALUE_INT();
    private static final int FLOAT = GradusTorch.GT_VALUE_FLOAT();
    private static final int BOOL = GradusTorch.GT_VALUE_BOOL();

    /** The parts of a gt_value. */
    static final int EXTRA = 4;

    static final int COUNT = 8;
    static final int PAYLOAD = 16;
    static final int VALUE_SIZE = 24;

    /** Values that the results may be before they need memory of their own. */
    static final int RESULTS = 16;

    private static final int DATA_BYTES = 1024;

    /** The next call that this thread has to spare. */
    Call next;

    private final ThreadContext context;
    private final MemorySegment results = allocate((long) RESULTS * VALUE_SIZE);
    private MemorySegment values = allocate(32L * VALUE_SIZE);
    private long valuesAddress = values.address();
    private int valueCount;

    /** The elements of lists, and strings. */
    private final MemorySegment data = allocate(DATA_BYTES);

    private int dataUsed;
    /** Lists that had no room there. */
    private final ArrayList<MemorySegment> largeData = new ArrayList<>();

    /** Tensors and generators, and where their addresses go. */
    private Object[] held = new Object[16];

    private long[] places = new long[16];
    private int heldCount;

    private NativeFunction function;

    private Call(ThreadContext context) {
        this.context = context;
    }

    private static MemorySegment allocate(long bytes) {
        return Arena.ofAuto().allocate(bytes, 8);
    }

    static Call of(NativeFunction function) {
        ThreadContext context = ThreadContext.current();
        Call call = context.spareCalls;
        if (call == null) {
            call = new Call(context);
        } else {
            context.spareCalls = call.next;
            call.next = null;
        }
        call.function = function;
        return call;
    }

    // -------------------------------------------------------------------- arguments

    private long value(int kind) {
        if ((valueCount + 1L) * VALUE_SIZE > values.byteSize()) {
            growValues();
        }
        long at = valuesAddress + (long) valueCount++ * VALUE_SIZE;
        MEMORY.set(JAVA_INT, at, kind);
        return at;
    }

    private void growValues() {
        MemorySegment larger = allocate(2 * values.byteSize());
        larger.copyFrom(values);
        long moved = larger.address() - valuesAddress;
        for (int i = 0; i < heldCount; i++) {
            if (places[i] >= valuesAddress && places[i] < valuesAddress + values.byteSize()) {
                places[i] += moved;
            }
        }
        values = larger;
        valuesAddress = larger.address();
    }

    private Call value(int kind, long payload) {
        MEMORY.set(JAVA_LONG, value(kind) + PAYLOAD, payload);
        return this;
    }

    private Call value(int kind, long count, long payload) {
        long at = value(kind);
        MEMORY.set(JAVA_LONG, at + COUNT, count);
        MEMORY.set(JAVA_LONG, at + PAYLOAD, payload);
        return this;
    }

    /** The address of so many bytes, good until the end of the call. */
    private long data(long bytes) {
        if (bytes <= DATA_BYTES - dataUsed) {
            long address = data.address() + dataUsed;
            dataUsed += (int) ((bytes + 7) & ~7);
            return address;
        }
        MemorySegment own = allocate(bytes);
        largeData.add(own);
        return own.address();
    }

    private void hold(Object handle, long place) {
        if (heldCount == held.length) {
            held = Arrays.copyOf(held, 2 * heldCount);
            places = Arrays.copyOf(places, 2 * heldCount);
        }
        held[heldCount] = handle;
        places[heldCount++] = place;
    }

    Call none() {
        value(GradusTorch.GT_VALUE_NONE());
        return this;
    }

    /** The default of the argument, where one behind it is given. */
    Call defaultValue() {
        value(GradusTorch.GT_VALUE_DEFAULT());
        return this;
    }

    /** A tensor; null is "none". */
    Call tensor(Tensor tensor) {
        if (tensor == null) {
            return none();
        }
        hold(tensor, value(TENSOR) + PAYLOAD);
        return this;
    }

    /** A list of tensors, none of them null. */
    Call tensors(List<Tensor> tensors) {
        return optionalTensors(tensors);
    }

    /** A list of tensors, where null is "none"; null instead of the list, too. */
    Call optionalTensors(List<Tensor> tensors) {
        if (tensors == null) {
            return none();
        }
        int count = tensors.size();
        long list = data(8L * count);
        value(GradusTorch.GT_VALUE_TENSORS(), count, list);
        for (int i = 0; i < count; i++) {
            Tensor tensor = tensors.get(i);
            if (tensor == null) {
                MEMORY.set(JAVA_LONG, list + 8L * i, 0);
            } else {
                hold(tensor, list + 8L * i);
            }
        }
        return this;
    }

    Call int_(long number) {
        return value(INT, number);
    }

    Call intOrNone(Long number) {
        return number == null ? none() : value(INT, number);
    }

    /** A list of integers; null is "none". */
    Call ints(long... numbers) {
        return numbers == null ? none() : longs(GradusTorch.GT_VALUE_INTS(), numbers);
    }

    private Call longs(int kind, long[] numbers) {
        long list = data(8L * numbers.length);
        for (int i = 0; i < numbers.length; i++) {
            MEMORY.set(JAVA_LONG, list + 8L * i, numbers[i]);
        }
        return value(kind, numbers.length, list);
    }

    Call float_(double number) {
        return value(FLOAT, Double.doubleToRawLongBits(number));
    }

    Call floatOrNone(Double number) {
        return number == null ? none() : float_(number);
    }

    /** A list of floats; null is "none". */
    Call floats(double... numbers) {
        if (numbers == null) {
            return none();
        }
        long list = data(8L * numbers.length);
        for (int i = 0; i < numbers.length; i++) {
            MEMORY.set(JAVA_DOUBLE, list + 8L * i, numbers[i]);
        }
        return value(GradusTorch.GT_VALUE_FLOATS(), numbers.length, list);
    }

    Call bool(boolean truth) {
        return value(BOOL, truth ? 1 : 0);
    }

    Call boolOrNone(Boolean truth) {
        return truth == null ? none() : bool(truth);
    }

    /** A list of truth values; null is "none". */
    Call bools(boolean... truths) {
        if (truths == null) {
            return none();
        }
        long[] numbers = new long[truths.length];
        for (int i = 0; i < truths.length; i++) {
            numbers[i] = truths[i] ? 1 : 0;
        }
        return longs(GradusTorch.GT_VALUE_BOOLS(), numbers);
    }

    Call scalar(long number) {
        return value(INT, number);
    }

    Call scalar(double number) {
        return float_(number);
    }

    /** Floats stay floats, all other numbers are integers; null is "none". */
    Call scalarOrNone(Number number) {
        if (number == null) {
            return none();
        }
        return number instanceof Double || number instanceof Float
                ? float_(number.doubleValue())
                : value(INT, number.longValue());
    }

    Call complex(double real, double imaginary) {
        return value(
                GradusTorch.GT_VALUE_COMPLEX(),
                Double.doubleToRawLongBits(imaginary),
                Double.doubleToRawLongBits(real));
    }

    /** A string; null is "none". */
    Call string(String text) {
        if (text == null) {
            return none();
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        long address = data(bytes.length);
        MemorySegment.copy(bytes, 0, MEMORY, JAVA_BYTE, address, bytes.length);
        return value(GradusTorch.GT_VALUE_STRING(), bytes.length, address);
    }

    Call dtype(DType dtype) {
        return dtype == null ? none() : value(INT, dtype.code());
    }

    Call layout(Layout layout) {
        return layout == null ? none() : value(INT, layout.code());
    }

    Call device(Device device) {
        if (device == null) {
            return none();
        }
        long at = value(GradusTorch.GT_VALUE_DEVICE());
        MEMORY.set(JAVA_INT, at + EXTRA, device.type().code());
        MEMORY.set(JAVA_LONG, at + PAYLOAD, device.index());
        return this;
    }

    Call memoryFormat(MemoryFormat format) {
        return format == null ? none() : value(GradusTorch.GT_VALUE_MEMORY_FORMAT(), format.code());
    }

    Call generator(Generator generator) {
        if (generator == null) {
            return none();
        }
        hold(generator, value(GradusTorch.GT_VALUE_GENERATOR()) + PAYLOAD);
        return this;
    }

    /** The four arguments by which a factory says what it makes: dtype, layout, device, pin_memory. */
    Call options(TensorOptions options) {
        return dtype(options.dtype()).none().device(options.device()).none();
    }

    /** The start of a list, tuple or dict; its elements, or keys and values by turns, are the next values. */
    Call holder(int kind, int count) {
        return value(kind, count, 0);
    }

    // ------------------------------------------------------------------------- ends

    /** Pins what the call uses and makes it. */
    private long invoke(MemorySegment into, int capacity) {
        NativeFunction called = function;
        if (called == null) {
            throw new IllegalStateException("this call was made already");
        }
        called.resolve();
        for (int i = 0; i < heldCount; i++) {
            Object handle = held[i];
            MEMORY.set(
                    JAVA_LONG,
                    places[i],
                    handle instanceof Tensor tensor ? tensor.handle() : ((Generator) handle).handle());
        }
        return called.invoke(values, valueCount, into, capacity);
    }

    /** Makes the call and answers how many values its results are. */
    private int invoke() {
        long count = invoke(results, RESULTS);
        if (count < 0) {
            throw context.failure();
        }
        return (int) count;
    }

    private void recycle() {
        if (function == null) {
            return;
        }
        function = null;
        valueCount = 0;
        dataUsed = 0;
        for (int i = 0; i < heldCount; i++) {
            held[i] = null;
        }
        heldCount = 0;
        if (!largeData.isEmpty()) {
            largeData.clear();
        }
        next = context.spareCalls;
        context.spareCalls = this;
    }

    /** Makes the call, whose result is one tensor. */
    Tensor result() {
        try {
            int count = invoke();
            if (count == 1 && results.get(JAVA_INT, 0) == TENSOR) {
                long handle = results.get(JAVA_LONG, PAYLOAD);
                if (handle != 0) {
                    return Tensor.result(handle);
                }
            }
            return read(count, this::argument).tensor();
        } finally {
            recycle();
        }
    }

    /** Makes the call, whose results are so many tensors; null where the operator makes none. */
    Tensor[] results(int expected) {
        try {
            return read(invoke(), this::argument).tensors(expected);
        } finally {
            recycle();
        }
    }

    /** Makes the call, whose result is a list of tensors. */
    List<Tensor> list() {
        try {
            return read(invoke(), this::argument).tensorList();
        } finally {
            recycle();
        }
    }

    /** Makes the call, which changes this tensor; no new handle is made for it. */
    Tensor inPlace(Tensor self) {
        run();
        return self;
    }

    /** Makes the call and drops its results. */
    void run() {
        try {
            if (invoke(MemorySegment.NULL, 0) < 0) {
                throw context.failure();
            }
            context.endCall();
        } finally {
            recycle();
        }
    }

    /** Makes the call, whose result is an integer. */
    long intResult() {
        return (Long) single(Long.class);
    }

    /** Makes the call, whose result is a float. */
    double doubleResult() {
        return (Double) single(Double.class);
    }

    /** Makes the call, whose result is a truth value. */
    boolean boolResult() {
        return (Boolean) single(Boolean.class);
    }

    private Object single(Class<?> type) {
        Object[] all = objects();
        if (all.length != 1 || !type.isInstance(all[0])) {
            throw new TorchTypeException(
                    "the result is not a " + type.getSimpleName() + " but " + Arrays.toString(all));
        }
        return all[0];
    }

    /**
     * Makes the call and answers all of its results as Java objects.
     *
     * @param arguments those of the call; one that was changed in place is its result itself
     */
    Object[] objects(Object[] arguments) {
        try {
            return read(invoke(), i -> arguments[i]).objects();
        } finally {
            recycle();
        }
    }

    /** Makes the call and answers all of its results as Java objects. */
    Object[] objects() {
        try {
            return read(invoke(), this::argument).objects();
        } finally {
            recycle();
        }
    }

    /** The tensor that was given as this argument. */
    private Object argument(int index) {
        for (int i = 0; i < heldCount; i++) {
            if (places[i] == valuesAddress + (long) index * VALUE_SIZE + PAYLOAD) {
                return held[i];
            }
        }
        throw new IllegalStateException("argument " + index + " of " + function.label() + " is not a tensor");
    }

    private CallResults read(int count, IntFunction<Object> arguments) {
        MemorySegment row = results;
        if (count > RESULTS) {
            row = allocate((long) count * VALUE_SIZE);
            if (GradusTorch.gt_take_results(row, count) != count) {
                throw context.failure();
            }
        }
        context.releasePins();
        return new CallResults(function.label(), row, count, arguments);
    }
}
