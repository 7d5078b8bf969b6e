package dev.gradus.torch;

import java.lang.foreign.MemorySegment;

/** Strings that the shim hands out. */
final class Strings {

    private Strings() {}

    /** Copies a zero-terminated UTF-8 string; null for a null pointer. */
    static String of(MemorySegment text) {
        // jextract gives pointers the size of all memory, so that the string can be read up to its end.
        return text.address() == 0 ? null : text.getString(0);
    }
}
