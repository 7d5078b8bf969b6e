package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.internal.CapturedBody;
import dev.gradus.diffusion.objective.Coefficients;
import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.diffusion.objective.Objective;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.Arrays;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * A denoiser on a GPU whose calls are one launch each: what it computes is captured as a CUDA graph that reads x_t and the numbers
 * of the level from memory of its own. So one capture serves all steps of a batch, and guidance, with both halves in one
 * batch, is inside. It gives what the network would give called as it is, with guidance but for rounding.
 *
 * <p>Belongs to one thread, and to a stream that is not the default one: {@code CapturedBody.stream}.
 */
public final class CapturedDenoiser implements Denoiser, AutoCloseable {
    private static final Logger LOGGER = LogManager.getLogger(CapturedDenoiser.class);

    /** The numbers of a level. */
    private static final int IN = 0;

    private static final int OUT = 1;
    private static final int SKIP = 2;
    private static final int TIME = 3;
    private static final int NUMBERS = 4;

    /** The network's output for a batch. */
    @FunctionalInterface
    public interface Output {
        /**
         * Calls the network.
         *
         * @param input (B, C, H, W) float32
         * @param time (B) float32
         * @return as {@code input}; with guidance the combination of both outputs
         */
        Tensor of(Tensor input, Tensor time);
    }

    private final Output output;
    private final Objective objective;
    private final NoiseSchedule schedule;
    private final CapturedBody.Recorder recorder;
    private CapturedBody body;
    private Tensor xt; // null before the first call
    private Tensor numbers;
    private Tensor x0;

    /**
     * A denoiser that was not called yet.
     *
     * @param device a GPU
     */
    public CapturedDenoiser(Output output, Objective objective, NoiseSchedule schedule, Device device) {
        this(output, objective, schedule, CapturedBody.onGpu(device));
    }

    /** @param recorder null to call the network as it is */
    CapturedDenoiser(Output output, Objective objective, NoiseSchedule schedule, CapturedBody.Recorder recorder) {
        this.output = output;
        this.objective = objective;
        this.schedule = schedule;
        this.recorder = recorder;
    }

    @Override
    public Tensor x0(Tensor noised, NoiseLevel level) {
        if (xt == null || !Arrays.equals(xt.shape(), noised.shape())) {
            close();
            try (TensorScope scope = TensorScope.open()) {
                xt = scope.keep(Torch.zerosLike(noised));
                x0 = scope.keep(Torch.zerosLike(noised));
                numbers = scope.keep(Torch.zeros(TensorOptions.of(noised.device()), NUMBERS));
            }
            body = new CapturedBody(
                    this::compute,
                    recorder,
                    1,
                    e -> LOGGER.info(
                            "the network is not captured as a CUDA graph: {}",
                            String.valueOf(e.getMessage()).lines().findFirst().orElse("")));
        }
        Coefficients at = objective.at(level);
        // Each a small kernel; a copy from the host would be waited for.
        set(IN, at.in());
        set(OUT, at.out());
        set(SKIP, at.skip());
        set(TIME, schedule.networkTime(level.t()));
        xt.copy_(noised);
        body.run();
        // The next call writes there.
        return x0.clone();
    }

    private void set(int which, double value) {
        numbers.select(0, which).fill_(value);
    }

    private void compute() {
        try (var _ = TensorScope.open()) {
            Tensor time = numbers.narrow(0, TIME, 1).expand(xt.size(0)).contiguous();
            Tensor found = output.of(xt.mul(numbers.select(0, IN)), time).to(DType.FLOAT32);
            x0.copy_(found.mul(numbers.select(0, OUT)).add(xt.mul(numbers.select(0, SKIP))));
        }
    }

    /** Frees what was captured. */
    @Override
    public void close() {
        if (xt != null) {
            body.close();
            xt.close();
            x0.close();
            numbers.close();
            xt = null;
        }
    }
}
