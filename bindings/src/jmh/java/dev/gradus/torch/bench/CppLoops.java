package dev.gradus.torch.bench;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.NativeLibrary;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** The loops of native/bench, in the library named by the system property {@code gradus.bench}. */
final class CppLoops {
    private static final MethodHandle ADD;
    private static final MethodHandle ADD_HUNDRED;
    private static final MethodHandle DIM;

    static {
        NativeLibrary.info(); // libtorch first, the one that the shim uses
        System.load(Path.of(System.getProperty("gradus.bench")).toAbsolutePath().toString());
        ADD = find("gt_bench_add");
        ADD_HUNDRED = find("gt_bench_add_hundred");
        DIM = find("gt_bench_dim");
    }

    private CppLoops() {}

    private static MethodHandle find(String name) {
        return Linker.nativeLinker()
                .downcallHandle(
                        SymbolLookup.loaderLookup().find(name).orElseThrow(),
                        FunctionDescriptor.of(JAVA_DOUBLE, JAVA_LONG));
    }

    /** Nanoseconds per call, as C++ itself measures them over so many calls. */
    static double add(long calls) {
        return run(ADD, calls);
    }

    /** As {@link #add}. */
    static double addHundred(long calls) {
        return run(ADD_HUNDRED, calls);
    }

    /** As {@link #add}. */
    static double dim(long calls) {
        return run(DIM, calls);
    }

    private static double run(MethodHandle loop, long calls) {
        try {
            return (double) loop.invokeExact(calls);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
