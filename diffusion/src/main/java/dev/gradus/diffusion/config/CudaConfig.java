package dev.gradus.diffusion.config;

/**
 * How a GPU is used. Nothing here matters on the CPU.
 *
 * @param graph whether a training step, and a call of the network while drawing, is captured as a CUDA graph and launched as one:
 *     {@code auto} does where it can and says why where it cannot, {@code on} ends the run where it cannot, {@code off} launches
 *     each kernel
 * @param tf32 whether products of float32 matrices and convolutions may round their factors to TF32, with 10 bits of mantissa
 */
public record CudaConfig(Graph graph, boolean tf32) {
    public enum Graph {
        AUTO,
        ON,
        OFF
    }

    public CudaConfig {
        Check.present("cuda.graph", graph);
    }

    /** All that is fast. */
    public static CudaConfig defaults() {
        return new CudaConfig(Graph.AUTO, true);
    }
}
