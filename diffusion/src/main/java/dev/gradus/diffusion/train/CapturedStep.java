package dev.gradus.diffusion.train;

import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.config.CudaConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.internal.CapturedBody;
import dev.gradus.diffusion.schedule.LearnedSchedule;
import java.util.function.Consumer;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Runs training steps: as they are, or on a GPU, after some of those, by replaying one that was captured as a CUDA graph. All of
 * them are steps of the training, and all give the same numbers. A step that cannot be captured goes on as it is, and the log
 * says so once.
 */
final class CapturedStep implements AutoCloseable {
    /** Steps before the capture. */
    static final int WARMUP = 3;

    private static final Logger LOGGER = LogManager.getLogger(CapturedStep.class);

    private final Consumer<StepInput> step;
    private final CapturedBody body; // null where steps run as they are
    private StepInput input; // that the body reads

    /**
     * @param step reads its input and what lies on the device, and leaves its results there
     * @param recorder null to run steps as they are
     * @param required whether a step that cannot be recorded is an error
     * @param afterFailure puts right what a step that was not recorded to its end left on the host
     */
    CapturedStep(Consumer<StepInput> step, CapturedBody.Recorder recorder, boolean required, Runnable afterFailure) {
        this.step = step;
        this.body = recorder == null
                ? null
                : new CapturedBody(() -> step.accept(input), recorder, WARMUP, e -> {
                    afterFailure.run();
                    failed(e, required);
                });
    }

    /**
     * As a configuration says.
     *
     * @throws ConfigException if steps must be captured and cannot be
     */
    static CapturedStep of(TrainConfig config, TrainingState state, TrainingStep step) {
        CudaConfig.Graph wanted = config.cuda().graph();
        CapturedBody.Recorder recorder = null;
        if (state.device.isCuda() && wanted != CudaConfig.Graph.OFF) {
            String obstacle = obstacle(config, state);
            if (obstacle == null) {
                recorder = CapturedBody.onGpu(state.device, state.random);
            } else {
                tell(obstacle, wanted == CudaConfig.Graph.ON);
            }
        }
        return new CapturedStep(step::run, recorder, wanted == CudaConfig.Graph.ON, () -> {
            if (state.scaler != null) {
                state.scaler.loadState(state.scaler.state());
            }
        });
    }

    /** Why steps cannot be captured, as far as it is known before it is tried; null for nothing. */
    static String obstacle(TrainConfig config, TrainingState state) {
        if (state.schedule instanceof LearnedSchedule) {
            return "schedule.learned moves the noise schedule on the host at every step";
        }
        if (config.memory().recompute()) {
            return "memory.recompute keeps the state of the random numbers on the host";
        }
        if (state.team.isGroup()) {
            return "with several processes the noise of each image begins with a seed from the host";
        }
        if (state.conditioner.hasScript()) {
            return "conditioning.textScript is another program's module, which may do anything";
        }
        return null;
    }

    private static void failed(RuntimeException e, boolean required) {
        LOGGER.debug("why a step cannot be captured", e);
        tell(String.valueOf(e.getMessage()).lines().findFirst().orElse(""), required);
    }

    private static void tell(String obstacle, boolean required) {
        if (required) {
            throw new ConfigException(
                    "cuda.graph", "is on, but a step cannot be captured: " + obstacle + "; use auto or off");
        }
        LOGGER.info("steps are not captured as a CUDA graph: {}", obstacle);
    }

    /** Runs a step; on a GPU it is only begun. */
    void run(StepInput batch) {
        if (body == null) {
            step.accept(batch);
            return;
        }
        if (input != null && input.fits(batch)) {
            input.set(batch);
        } else {
            close();
            input = batch.copy();
        }
        body.run();
    }

    /** What was captured no longer does what a step does now. */
    void captureAnew() {
        if (body != null) {
            body.forget();
        }
    }

    @Override
    public void close() {
        captureAnew();
        if (input != null) {
            input.close();
            input = null;
        }
    }
}
