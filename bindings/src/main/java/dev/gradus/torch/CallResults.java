package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/** The row of values that a call answered, as Java objects. Every handle in it becomes an object that owns it. */
final class CallResults {

    private final String function;
    private final MemorySegment row;
    private final int count;
    private int next;

    /** Finds an argument by its place in the schema. */
    private final IntFunction<Object> arguments;

    CallResults(String function, MemorySegment row, int count, IntFunction<Object> arguments) {
        this.function = function;
        this.row = row;
        this.count = count;
        this.arguments = arguments;
    }

    /** All of them. Tensors changed in place are the arguments themselves. */
    Object[] objects() {
        ThreadContext context = ThreadContext.current();
        boolean before = context.holdWarnings();
        try {
            List<Object> objects = new ArrayList<>();
            while (next < count) {
                objects.add(object());
            }
            return objects.toArray();
        } finally {
            context.handOnWarnings(before);
        }
    }

    /** The only result, a tensor. */
    Tensor tensor() {
        return tensors(1)[0];
    }

    /** As many results, all of them tensors or null. */
    Tensor[] tensors(int expected) {
        Object[] all = objects();
        Tensor[] tensors = new Tensor[expected];
        for (int i = 0; i < all.length; i++) {
            if (all.length != expected || (all[i] != null && !(all[i] instanceof Tensor))) {
                throw unexpected(expected + " tensors", all);
            }
            tensors[i] = (Tensor) all[i];
        }
        return tensors;
    }

    /** The only result, a list of tensors. */
    List<Tensor> tensorList() {
        Object[] all = objects();
        if (all.length != 1 || !(all[0] instanceof List<?> list)) {
            throw unexpected("a list of tensors", all);
        }
        List<Tensor> tensors = new ArrayList<>();
        for (Object one : list) {
            if (one != null && !(one instanceof Tensor)) {
                throw unexpected("a list of tensors", all);
            }
            tensors.add((Tensor) one);
        }
        return Collections.unmodifiableList(tensors);
    }

    private TorchTypeException unexpected(String wanted, Object[] all) {
        StringBuilder found = new StringBuilder();
        for (Object one : all) {
            found.append(found.isEmpty() ? "" : ", ")
                    .append(one == null ? "null" : one.getClass().getSimpleName());
        }
        return new TorchTypeException(function + " does not answer " + wanted + " but " + all.length + " results ("
                + found + "); use Operator.call");
    }

    private Object object() {
        long at = (long) next++ * Call.VALUE_SIZE;
        int kind = row.get(JAVA_INT, at);
        long payload = row.get(JAVA_LONG, at + Call.PAYLOAD);
        long size = row.get(JAVA_LONG, at + Call.COUNT);
        if (kind == GradusTorch.GT_VALUE_NONE()) {
            return null;
        } else if (kind == GradusTorch.GT_VALUE_TENSOR()) {
            return payload == 0 ? null : Tensor.result(payload);
        } else if (kind == GradusTorch.GT_VALUE_INT()) {
            return payload;
        } else if (kind == GradusTorch.GT_VALUE_FLOAT()) {
            return Double.longBitsToDouble(payload);
        } else if (kind == GradusTorch.GT_VALUE_BOOL()) {
            return payload != 0;
        } else if (kind == GradusTorch.GT_VALUE_COMPLEX()) {
            return new Complex(Double.longBitsToDouble(payload), Double.longBitsToDouble(size));
        } else if (kind == GradusTorch.GT_VALUE_STRING()) {
            return text(payload, size);
        } else if (kind == GradusTorch.GT_VALUE_DEVICE()) {
            return Device.of(row.get(JAVA_INT, at + Call.EXTRA), (int) payload);
        } else if (kind == GradusTorch.GT_VALUE_LIST() || kind == GradusTorch.GT_VALUE_TUPLE()) {
            List<Object> held = new ArrayList<>();
            for (long i = 0; i < size; i++) {
                held.add(object());
            }
            return Collections.unmodifiableList(held);
        } else if (kind == GradusTorch.GT_VALUE_DICT()) {
            Map<Object, Object> held = new LinkedHashMap<>();
            for (long i = 0; i < size; i++) {
                Object key = object();
                held.put(key, object());
            }
            return Collections.unmodifiableMap(held);
        } else if (kind == GradusTorch.GT_VALUE_ARGUMENT()) {
            return arguments.apply((int) payload);
        }
        throw new TorchTypeException(function + " answers a value of the kind " + kind + ", which Gradus cannot read");
    }

    @SuppressWarnings("restricted")
    private static String text(long address, long size) {
        byte[] bytes = new byte[(int) size];
        MemorySegment.copy(MemorySegment.ofAddress(address).reinterpret(size), JAVA_BYTE, 0, bytes, 0, bytes.length);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
