package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.Tensor;
import java.util.function.UnaryOperator;

/** Where a sampler is: the batch, the levels around it, and what it may ask for. Lives for one step. */
final class Here {
    private final Walk walk;
    private final Denoiser denoiser;
    private final UnaryOperator<Tensor> fresh;
    private final int index;
    private final Tensor x;
    private final Tensor before;
    private Tensor estimate;

    Here(Walk walk, Denoiser denoiser, UnaryOperator<Tensor> fresh, int index, Tensor x, Tensor before) {
        this.walk = walk;
        this.denoiser = denoiser;
        this.fresh = fresh;
        this.index = index;
        this.x = x;
        this.before = before;
    }

    /** The batch at {@link #from}. */
    Tensor x() {
        return x;
    }

    NoiseLevel from() {
        return level(0);
    }

    NoiseLevel to() {
        return level(1);
    }

    /** The level {@code offset} stops further on; -1 is where the step before began. */
    NoiseLevel level(int offset) {
        return walk.steps().levels().get(index + offset);
    }

    /** How many steps there are in all. */
    int count() {
        return walk.steps().count();
    }

    NoiseSchedule schedule() {
        return walk.steps().schedule();
    }

    /** The bounded estimate of the images behind a batch. */
    Tensor x0(Tensor xt, NoiseLevel level) {
        return bounded(denoiser.x0(xt, level));
    }

    /** The estimate as the denoiser gave it. */
    Tensor unbounded(Tensor xt, NoiseLevel level) {
        return denoiser.x0(xt, level);
    }

    /** Bounds an estimate. */
    Tensor bounded(Tensor x0) {
        Tensor bounded = walk.bound().apply(x0);
        if (estimate == null) {
            estimate = bounded;
        }
        return bounded;
    }

    /** The first bounded estimate of this step. */
    Tensor estimate() {
        return estimate;
    }

    /** That of the step before, for a rule that looks back; null in the first step. */
    Tensor before() {
        return before;
    }

    /** Standard normal noise. */
    Tensor freshNoise() {
        return fresh.apply(x);
    }
}
