package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** An operator of libtorch, callable by name. */
public final class Operator extends NativeFunction {

    private final String name;
    private final String overload;
    /** 0 until it is called for the first time. */
    private long operator;

    private Operator(String name, String overload) {
        this.name = name;
        this.overload = overload;
    }

    /** One that is looked for at its first call. */
    static Operator named(String name, String overload) {
        return new Operator(name, overload);
    }

    /** The namespace and name, such as {@code aten::add}. */
    public String name() {
        return name;
    }

    /** The overload, such as {@code Tensor}; empty for the one without. */
    public String overload() {
        return overload;
    }

    @Override
    void resolve() {
        if (operator == 0) {
            NativeLibrary.require();
            try (Arena arena = Arena.ofConfined()) {
                operator = GradusTorch.gt_operator_find(arena.allocateFrom(name), arena.allocateFrom(overload));
            }
            if (operator == 0) {
                throw TorchException.last();
            }
        }
    }

    @Override
    long invoke(MemorySegment arguments, long count, MemorySegment results, long capacity) {
        return GradusTorch.gt_operator_call(operator, arguments, count, results, capacity);
    }

    @Override
    String label() {
        return overload.isEmpty() ? name : name + "." + overload;
    }

    /** {@code aten::add.Tensor}. */
    @Override
    public String toString() {
        return label();
    }
}
