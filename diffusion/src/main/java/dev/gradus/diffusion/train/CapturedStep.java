package dev.gradus.diffusion.train;

import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.config.CudaConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.schedule.LearnedSchedule;
import dev.gradus.torch.Cuda;
import dev.gradus.torch.CudaGraph;
import dev.gradus.torch.CudaStream;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.TensorScope;
import java.util.function.Consumer;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Runs training steps: as they are, or on a GPU, after some of those, by replaying one that was captured as a CUDA graph. All of
 * them are steps of the training, and all give the same numbers: capturing itself runs nothing and draws nothing. A step that
 * cannot be captured goes on as it is, and the log says so once.
 */
final class CapturedStep implements AutoCloseable {
    /** Steps before the capture, in which libraries set themselves up and choose their algorithms. */
    static final int WARMUP = 3;

    private static final Logger LOGGER = LogManager.getLogger(CapturedStep.class);

    /** Records what a body does on the device without doing it. */
    @FunctionalInterface
    interface Recorder {
        Recording record(Runnable body);
    }

    /** What was recorded. */
    interface Recording extends AutoCloseable {
        void replay();

        @Override
        void close();
    }

    private final Consumer<StepInput> step;
    private final Runnable afterFailure;
    private final boolean required;
    private Recorder recorder; // null where steps run as they are
    private StepInput input; // of the recording
    private Recording recording;
    private int warm;

    /**
     * @param step reads its input and what lies on the device, and leaves its results there
     * @param recorder null to run steps as they are
     * @param required whether a step that cannot be recorded is an error
     * @param afterFailure puts right what a step that was not recorded to its end left on the host
     */
    CapturedStep(Consumer<StepInput> step, Recorder recorder, boolean required, Runnable afterFailure) {
        this.step = step;
        this.recorder = recorder;
        this.required = required;
        this.afterFailure = afterFailure;
    }

    /**
     * As a configuration says.
     *
     * @throws ConfigException if steps must be captured and cannot be
     */
    static CapturedStep of(TrainConfig config, TrainingState state, TrainingStep step) {
        CudaConfig.Graph wanted = config.cuda().graph();
        Recorder recorder = null;
        if (state.device.isCuda() && wanted != CudaConfig.Graph.OFF) {
            String obstacle = obstacle(config, state);
            if (obstacle == null) {
                recorder = body -> record(body, state.device, state.random);
            } else if (wanted == CudaConfig.Graph.ON) {
                throw new ConfigException(
                        "cuda.graph", "is on, but a step cannot be captured: " + obstacle + "; use auto or off");
            } else {
                tell(obstacle);
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
        if (state.conditioner.hasScript()) {
            return "conditioning.textScript is another program's module, which may do anything";
        }
        return null;
    }

    private static void tell(String obstacle) {
        LOGGER.info("steps are not captured as a CUDA graph: {}", obstacle);
    }

    private static Recording record(Runnable body, Device device, Generator random) {
        int index = device.index() < 0 ? Cuda.currentDevice() : device.index();
        CudaGraph graph = CudaGraph.capture(
                CudaGraph.Options.DEFAULT.stream(CudaStream.current(index))
                        // Another thread copies and writes checkpoints meanwhile.
                        .mode(CudaGraph.Mode.THREAD_LOCAL)
                        .generators(random),
                body);
        return new Recording() {
            @Override
            public void replay() {
                graph.replay();
            }

            @Override
            public void close() {
                graph.close();
            }
        };
    }

    /** Runs a step; on a GPU it is only begun. */
    void run(StepInput batch) {
        if (recorder == null) {
            step.accept(batch);
            return;
        }
        if (input != null && input.fits(batch)) {
            input.set(batch);
        } else {
            forget();
            input = batch.copy();
        }
        if (recording == null && warm < WARMUP) {
            warm++;
            step.accept(input);
            return;
        }
        if (recording == null && !tryToRecord()) {
            step.accept(batch);
            return;
        }
        recording.replay();
    }

    private boolean tryToRecord() {
        try {
            recording = recorder.record(() -> {
                // What the step does not leave behind is freed within the recording, for its later parts to use.
                try (var _ = TensorScope.open()) {
                    step.accept(input);
                }
            });
            return true;
        } catch (RuntimeException e) {
            afterFailure.run();
            String problem = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            if (required) {
                throw new ConfigException(
                        "cuda.graph", "is on, but a step cannot be captured: " + problem + "; use auto or off");
            }
            tell(problem);
            LOGGER.debug("why it cannot be captured", e);
            forget();
            recorder = null;
            return false;
        }
    }

    /** What was captured no longer does what a step does now. */
    void captureAnew() {
        forget();
    }

    private void forget() {
        warm = 0;
        if (recording != null) {
            recording.close();
            recording = null;
        }
        if (input != null) {
            input.close();
            input = null;
        }
    }

    @Override
    public void close() {
        forget();
    }
}
