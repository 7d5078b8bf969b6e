package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Scales the loss up before backward, so that small gradients do not vanish in float16, and the gradients down again
 * before the step: {@code torch.amp.GradScaler}. Steps with gradients that are not finite are left out, and the scale
 * finds its size: it shrinks at each of these and grows after a number of good ones.
 *
 * <pre>{@code
 * try (Guard mode = Autocast.open(Device.Type.CUDA, DType.FLOAT16)) {
 *     loss = loss(model, batch);
 * }
 * scaler.scale(loss).backward();
 * scaler.step(parameters, optimizer::step);     // unscales first, unless unscale_ did, to clip for example
 * scaler.update();
 * optimizer.zeroGrad();
 * }</pre>
 *
 * <p>{@link #stepFused} does the same without waiting for the device, with an optimizer that takes the scale itself.
 * With several optimizers, each has its list of parameters, and {@code update} follows the last step. The scale lives
 * on the device of the first loss; only {@code step} waits for it, to know whether to step. One thread at a time.
 */
public final class GradScaler implements AutoCloseable {

    /**
     * How the scale changes; the defaults are PyTorch's.
     *
     * @param initScale where it starts, above 0
     * @param growthFactor what it is multiplied by after growthInterval good steps, above 1
     * @param backoffFactor what it is multiplied by after a step that was left out, below 1
     * @param growthInterval how many good steps in a row, above 0
     */
    public record Options(double initScale, double growthFactor, double backoffFactor, int growthInterval) {

        /** Checks the ranges. */
        public Options {
            check(initScale > 0 && Double.isFinite(initScale), "initScale", initScale, "above 0");
            check(growthFactor > 1 && Double.isFinite(growthFactor), "growthFactor", growthFactor, "above 1");
            check(backoffFactor > 0 && backoffFactor < 1, "backoffFactor", backoffFactor, "in (0, 1)");
            check(growthInterval > 0, "growthInterval", growthInterval, "above 0");
        }

        private static void check(boolean holds, String name, Number value, String range) {
            if (!holds) {
                throw new TorchValueException(name + " is " + value + "; it must be " + range);
            }
        }

        /** 65536, 2, 0.5 and 2000. */
        public static Options defaults() {
            return new Options(65536, 2, 0.5, 2000);
        }
    }

    /** A step that leaves itself out: that of {@code SGD}, {@code Adam} or {@code AdamW}. */
    @FunctionalInterface
    public interface FusedStep {
        /**
         * Moves the parameters.
         *
         * @param gradScale what the gradients are still to be divided by; null if they were
         * @param foundInf 1 if a gradient is not finite and nothing is to change, else 0
         */
        void step(Tensor gradScale, Tensor foundInf);
    }

    private double startScale;
    private long startTracker;
    private Options options;
    private Tensor scale;
    private Tensor tracker;
    private final Map<TensorList, Group> groups = new IdentityHashMap<>();
    private boolean closed;

    /** What became of the gradients of one list since the last update. */
    private static final class Group {
        private final Tensor foundInf;
        private boolean stepped;

        Group(Tensor foundInf) {
            this.foundInf = foundInf;
        }
    }

    /** With PyTorch's defaults. */
    public GradScaler() {
        this(Options.defaults());
    }

    /** With these options. */
    public GradScaler(Options options) {
        this.options = options;
        this.startScale = options.initScale();
    }

    /**
     * The loss times the scale, part of the gradient graph.
     *
     * @param loss of any shape
     */
    public Tensor scale(Tensor loss) {
        checkOpen();
        if (scale == null) {
            TensorOptions float32 = TensorOptions.of(DType.FLOAT32).device(loss.device());
            scale = shared(float32, startScale);
            tracker = shared(float32.dtype(DType.INT32), startTracker);
        }
        if (scale.device().equals(loss.device())) {
            return loss.mul(scale);
        }
        try (Tensor here = scale.to(loss.device())) {
            return loss.mul(here);
        }
    }

    private static Tensor shared(TensorOptions options, double value) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.keep(Torch.full(options, value));
        }
    }

    /**
     * Divides the gradients of these parameters by the scale, in place. At most once for each list between two updates,
     * before the step; {@link #step} does it otherwise.
     *
     * @throws IllegalStateException if it was called for this list already, or nothing was scaled yet
     * @throws TorchValueException if a gradient is in float16: parameters are to be in float32
     */
    public void unscale_(TensorList parameters) {
        checkOpen();
        if (scale == null) {
            throw new IllegalStateException("unscale_() before scale(): there is no scaled gradient yet");
        }
        Group known = groups.get(parameters);
        if (known != null) {
            throw new IllegalStateException(
                    known.stepped
                            ? "unscale_() after step(); call update() first"
                            : "unscale_() was already called on this list since the last update()");
        }
        look(parameters, scale);
    }

    /** Divides the gradients by the number, and notes whether they are finite. */
    private Group look(TensorList parameters, Tensor divisor) {
        Tensor foundInf = shared(TensorOptions.of(DType.FLOAT32).device(scale.device()), 0);
        try {
            Tensor.check(GradusTorch.gt_amp_unscale_(
                    parameters.handles(), parameters.size(), divisor.handle(), foundInf.handle()));
        } catch (RuntimeException e) {
            foundInf.close();
            throw e;
        }
        Group group = new Group(foundInf);
        groups.put(parameters, group);
        return group;
    }

    /**
     * 1 if a gradient of these parameters was not finite, else 0: a tensor of one float32, still on its device, for
     * optimizers that look at it themselves. It is this scaler's, until the next update.
     *
     * @throws IllegalStateException before {@link #unscale_}
     */
    public Tensor foundInf(TensorList parameters) {
        Group group = groups.get(parameters);
        if (group == null) {
            throw new IllegalStateException("foundInf() before unscale_()");
        }
        return group.foundInf;
    }

    /**
     * Runs the step if all gradients of these parameters are finite. Unscales them first if need be.
     *
     * @return whether the step was run
     * @throws IllegalStateException if it was called for this list already since the last update
     */
    public boolean step(TensorList parameters, Runnable step) {
        Group group = notStepped(parameters);
        if (group == null) {
            unscale_(parameters);
            group = groups.get(parameters);
        }
        group.stepped = true;
        if (group.foundInf.item() != 0) {
            return false;
        }
        step.run();
        return true;
    }

    /**
     * Runs a step that divides by the scale and leaves itself out where a gradient is not finite, so that nobody waits for
     * the device: {@code scaler.stepFused(parameters, optimizer::step)}.
     *
     * @param parameters those that the step moves
     * @throws IllegalStateException if it was called for this list already since the last update, or nothing was scaled yet
     */
    public void stepFused(TensorList parameters, FusedStep step) {
        Group group = notStepped(parameters);
        if (scale == null) {
            throw new IllegalStateException("stepFused() before scale(): there is no scaled gradient yet");
        }
        Tensor left = group == null ? scale : null;
        if (group == null) {
            try (TensorScope _ = TensorScope.open()) {
                group = look(parameters, Torch.onesLike(scale));
            }
        }
        group.stepped = true;
        step.step(left, group.foundInf);
    }

    /** What became of this list since the last update; null for nothing. */
    private Group notStepped(TensorList parameters) {
        checkOpen();
        Group group = groups.get(parameters);
        if (group != null && group.stepped) {
            throw new IllegalStateException("step() was already called on this list since the last update()");
        }
        return group;
    }

    /**
     * Adapts the scale, once an iteration, after all steps. Does not wait for the device.
     *
     * @throws IllegalStateException if no gradients were unscaled since the last update
     */
    public void update() {
        checkOpen();
        if (groups.isEmpty()) {
            throw new IllegalStateException("update() without a step() or unscale_() since the last one");
        }
        try (TensorScope _ = TensorScope.open()) {
            Tensor found = null;
            for (Group group : groups.values()) {
                found = found == null ? group.foundInf : found.add(group.foundInf);
            }
            Tensor.check(GradusTorch.gt_amp_update_scale_(
                    scale.handle(),
                    tracker.handle(),
                    found.handle(),
                    options.growthFactor(),
                    options.backoffFactor(),
                    options.growthInterval()));
        }
        forgetGroups();
    }

    private void forgetGroups() {
        groups.values().forEach(group -> group.foundInf.close());
        groups.clear();
    }

    /** The scale; waits for the device. */
    public double getScale() {
        checkOpen();
        return scale == null ? startScale : scale.item();
    }

    /**
     * What a stopped run needs to go on, under PyTorch's names: {@code scale}, {@code growth_factor},
     * {@code backoff_factor}, {@code growth_interval} and {@code _growth_tracker}. Waits for the device.
     */
    public Map<String, Number> state() {
        checkOpen();
        Map<String, Number> state = new LinkedHashMap<>();
        state.put("scale", getScale());
        state.put("growth_factor", options.growthFactor());
        state.put("backoff_factor", options.backoffFactor());
        state.put("growth_interval", options.growthInterval());
        state.put("_growth_tracker", tracker == null ? startTracker : tracker.itemLong());
        return state;
    }

    /**
     * Goes on from a state as {@link #state} or PyTorch gives it.
     *
     * @throws TorchValueException if an entry is missing or out of its range; nothing is changed then
     */
    public void loadState(Map<String, ? extends Number> state) {
        checkOpen();
        List<String> missing = new ArrayList<>(
                List.of("scale", "growth_factor", "backoff_factor", "growth_interval", "_growth_tracker"));
        missing.removeAll(state.keySet());
        if (!missing.isEmpty()) {
            throw new TorchValueException("the state of a gradient scaler lacks " + String.join(", ", missing));
        }
        options = new Options(
                state.get("scale").doubleValue(),
                state.get("growth_factor").doubleValue(),
                state.get("backoff_factor").doubleValue(),
                state.get("growth_interval").intValue());
        startScale = options.initScale();
        startTracker = state.get("_growth_tracker").longValue();
        forgetAll();
    }

    private void forgetAll() {
        forgetGroups();
        if (scale != null) {
            scale.close();
            tracker.close();
            scale = null;
            tracker = null;
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the gradient scaler is closed");
        }
    }

    /** Frees the scale. Closing twice is harmless. */
    @Override
    public void close() {
        forgetAll();
        closed = true;
    }
}
