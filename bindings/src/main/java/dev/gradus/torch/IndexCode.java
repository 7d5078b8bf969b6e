package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.MemorySegment;

/** Indices as the shim takes them: four numbers each, in the memory of the thread. */
final class IndexCode {

    private static final int NUMBERS = GradusTorch.GT_INDEX_NUMBERS();
    private static final int AT = GradusTorch.GT_INDEX_AT();
    private static final int RANGE = GradusTorch.GT_INDEX_RANGE();
    private static final int NEW_AXIS = GradusTorch.GT_INDEX_NEW_AXIS();
    private static final int ELLIPSIS = GradusTorch.GT_INDEX_ELLIPSIS();
    private static final int BOOL = GradusTorch.GT_INDEX_BOOL();
    private static final int TENSOR = GradusTorch.GT_INDEX_TENSOR();
    private static final long OPEN = Long.MIN_VALUE;

    private IndexCode() {}

    static MemorySegment write(Index... indices) {
        MemorySegment list = ThreadContext.current().longs(NUMBERS * indices.length);
        for (int i = 0; i < indices.length; i++) {
            switch (indices[i]) {
                case Index.At at -> put(list, i, AT, at.position(), 0, 0);
                case Index.Range range -> put(list, i, RANGE, open(range.start()), open(range.end()), range.step());
                case Index.Mark mark -> put(list, i, mark == Index.Mark.ELLIPSIS ? ELLIPSIS : NEW_AXIS, 0, 0, 0);
                case Index.Truth truth -> put(list, i, BOOL, truth.value() ? 1 : 0, 0, 0);
                case Tensor tensor -> put(list, i, TENSOR, tensor.handle(), 0, 0);
                case null -> {
                    Tensor.done();
                    throw new NullPointerException("index " + i + " is null; Python's None is Index.newAxis()");
                }
            }
        }
        return list;
    }

    static MemorySegment write(long... positions) {
        MemorySegment list = ThreadContext.current().longs(NUMBERS * positions.length);
        for (int i = 0; i < positions.length; i++) {
            put(list, i, AT, positions[i], 0, 0);
        }
        return list;
    }

    static Tensor set(Tensor tensor, int kind, long bits, MemorySegment list, int count) {
        Tensor.check(GradusTorch.gt_set_item_scalar(tensor.handle(), list, count, kind, bits));
        return tensor;
    }

    private static long open(Long bound) {
        return bound == null ? OPEN : Math.max(bound, OPEN + 1);
    }

    private static void put(MemorySegment list, int index, int kind, long first, long second, long third) {
        long at = (long) index * NUMBERS;
        list.setAtIndex(JAVA_LONG, at, kind);
        list.setAtIndex(JAVA_LONG, at + 1, first);
        list.setAtIndex(JAVA_LONG, at + 2, second);
        list.setAtIndex(JAVA_LONG, at + 3, third);
    }
}
