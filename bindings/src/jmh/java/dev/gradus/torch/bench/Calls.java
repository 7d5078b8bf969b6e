package dev.gradus.torch.bench;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What a call costs: the sum of two tensors of one element, freed at once, and the number of dimensions of a tensor - in
 * Java, and in a loop of C++ that runs in the same JVM on the same libtorch.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Calls {
    static final int LOOP = 20_000;

    private TensorScope scope;
    private Tensor a;
    private Tensor b;

    /** Opens the scope that the tensors of an iteration are made in, as a training step does. */
    @Setup
    public void open() {
        Torch.setNumThreads(1);
        scope = TensorScope.open();
        a = Torch.ones(1);
        b = Torch.ones(1);
    }

    /** Frees the operands. */
    @TearDown
    public void close() {
        scope.close();
    }

    /** The sum and its end, in Java. */
    @Benchmark
    public void addJava() {
        a.add(b).close();
    }

    /** The same in C++; JMH divides by the number of calls in the loop. */
    @Benchmark
    @OperationsPerInvocation(LOOP)
    public double addCpp() {
        return CppLoops.add(LOOP);
    }

    /** A query, in Java. */
    @Benchmark
    public int dimJava() {
        return a.dim();
    }

    /** The same in C++. */
    @Benchmark
    @OperationsPerInvocation(LOOP)
    public double dimCpp() {
        return CppLoops.dim(LOOP);
    }

    /** A sum, a hundred of them alive until they are freed together. */
    @Benchmark
    @OperationsPerInvocation(LOOP)
    public double addHundredCpp() {
        return CppLoops.addHundred(LOOP);
    }

    /** The same in Java: a scope of a hundred temporaries. */
    @Benchmark
    @OperationsPerInvocation(100)
    public void addHundredJava() {
        try (var inner = TensorScope.open()) {
            for (int i = 0; i < 100; i++) {
                a.add(b);
            }
        }
    }
}
