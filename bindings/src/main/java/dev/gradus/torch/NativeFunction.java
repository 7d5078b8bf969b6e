package dev.gradus.torch;

import java.lang.foreign.MemorySegment;

/** What a {@link Call} calls: it takes and gives rows of {@code gt_value}. */
abstract class NativeFunction {

    /** Makes ready to be called; throws if it does not exist. */
    abstract void resolve();

    /** As {@code gt_operator_call}: how many values the results are, or -1. */
    abstract long invoke(MemorySegment arguments, long count, MemorySegment results, long capacity);

    /** For messages. */
    abstract String label();
}
