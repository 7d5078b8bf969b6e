package dev.gradus.torch;

import java.lang.reflect.Array;

/** Arrays of arrays of a primitive type, of which all at one depth have one length. */
final class NestedArrays {

    private NestedArrays() {}

    static Tensor tensor(Object array) {
        Class<?> type = array.getClass();
        int dims = 0;
        for (; type.isArray(); type = type.getComponentType()) {
            dims++;
        }
        if (dims == 0 || !type.isPrimitive() || type == char.class) {
            throw new IllegalArgumentException("a tensor is made of arrays of float, double, long, int, short, byte or"
                    + " boolean, not of " + array.getClass().getTypeName());
        }
        long[] shape = new long[dims];
        Object first = array;
        for (int i = 0; i < dims && first != null; i++) {
            shape[i] = Array.getLength(first);
            first = shape[i] > 0 && i + 1 < dims ? Array.get(first, 0) : null;
        }
        int count = 1;
        for (long size : shape) {
            count = Math.multiplyExact(count, Math.toIntExact(size));
        }
        Object flat = Array.newInstance(type, count);
        copy(array, shape, 0, flat, 0);
        return switch (flat) {
            case float[] values -> Torch.tensor(values, shape);
            case double[] values -> Torch.tensor(values, shape);
            case long[] values -> Torch.tensor(values, shape);
            case int[] values -> Torch.tensor(values, shape);
            case short[] values -> Torch.tensor(values, shape);
            case byte[] values -> Torch.tensor(values, shape);
            default -> Torch.tensor((boolean[]) flat, shape);
        };
    }

    /** Returns the place in flat after what it wrote. */
    private static int copy(Object array, long[] shape, int depth, Object flat, int start) {
        int length = array == null ? -1 : Array.getLength(array);
        if (length != shape[depth]) {
            throw new TorchValueException("the arrays at depth " + depth + " are not all alike: the first has "
                    + shape[depth] + " elements, another " + (array == null ? "is null" : "has " + length));
        }
        if (depth == shape.length - 1) {
            System.arraycopy(array, 0, flat, start, length);
            return start + length;
        }
        int next = start;
        for (Object part : (Object[]) array) {
            next = copy(part, shape, depth + 1, flat, next);
        }
        return next;
    }
}
