package dev.gradus.torch.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What a peer on the JVM measures: each method does its case once and frees what it made. JMH runs one method of one
 * subclass in a JVM, so the calls to the methods below are inlined, and no two libtorchs meet in one process.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public abstract class Cases {
    /** Sizes of the layers of the perceptron. */
    static final int[] LAYERS = {64, 128, 128, 10};

    static final int BATCH = 32;
    /** So small that the loss stays where it is: gradients near zero would be slower to compute with. */
    static final double LEARNING_RATE = 1e-7;

    static final int TEMPORARIES = 100;
    static final int FLOATS = 1024;

    /** Sets one intra-op thread and makes the operands. */
    @Setup
    public abstract void open();

    /** Frees the operands. */
    @TearDown
    public abstract void close();

    /** The version of libtorch that the peer runs on. */
    abstract String version();

    abstract void addOnce();

    abstract void matmulOnce();

    abstract void convOnce();

    abstract long dimOnce();

    abstract long[] shapeOnce();

    abstract float[] arrayOnce();

    abstract void boxedOnce();

    abstract void selectOnce();

    abstract void indexOnce();

    abstract void perceptronOnce();

    abstract void temporariesOnce();

    /** The sum of two tensors of one element. */
    @Benchmark
    public void add() {
        addOnce();
    }

    /** The product of two 64x64 matrices. */
    @Benchmark
    public void matmul() {
        matmulOnce();
    }

    /** 16 to 16 channels, 3x3, padding 1, with bias, on one image of 16x16. */
    @Benchmark
    public void conv() {
        convOnce();
    }

    /** The number of dimensions. */
    @Benchmark
    public long dim() {
        return dimOnce();
    }

    /** The sizes of four dimensions, as an array. */
    @Benchmark
    public long[] shape() {
        return shapeOnce();
    }

    /** A tensor made of an array of 1024 floats, and a new array made of it. */
    @Benchmark
    public float[] array() {
        return arrayOnce();
    }

    /** As {@link #add}, through the dispatcher's boxed call of {@code aten::add.Tensor}. */
    @Benchmark
    public void boxed() {
        boxedOnce();
    }

    /** {@code x[2]} of a 4x8x8x16 tensor. */
    @Benchmark
    public void select() {
        selectOnce();
    }

    /** {@code x[1:3, ..., 0]} of a 4x8x8x16 tensor. */
    @Benchmark
    public void index() {
        indexOnce();
    }

    /** Forward, mean squared error, backward and AdamW of a perceptron with three layers and ReLU between them. */
    @Benchmark
    public void perceptron() {
        perceptronOnce();
    }

    /** A hundred sums that live until a scope around them ends. */
    @Benchmark
    public void temporaries() {
        temporariesOnce();
    }
}
