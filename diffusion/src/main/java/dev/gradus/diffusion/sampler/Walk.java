package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.SamplingConfig.Variance;
import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** The walk from level to level that all samplers share: one scope per step, no autograd, each estimate bounded. */
record Walk(SamplingSteps steps, Bound bound, Rule rule) implements Sampler {
    static Walk of(SamplingConfig config, SamplingSteps steps) {
        Rule rule = switch (config.sampler()) {
            case DDIM -> new Ddim(config.eta(), config.clipNoise());
            case DDPM -> new Ancestral(config.variance());
            case EULER_ANCESTRAL -> new Ancestral(Variance.SMALL);
            case EULER -> new Euler();
            case HEUN -> new Heun();
            case DPM_SOLVER_2M -> new DpmSolver2M(0);
            case SDE_DPM_SOLVER_2M -> new DpmSolver2M(1);
            case EDM -> new Edm(config.churn());
            case FLOW_EULER -> new FlowEuler(steps.schedule().path());
            case FLOW_HEUN -> new FlowHeun(steps.schedule().path());
        };
        return new Walk(steps, new Bound(config.clip(), config.threshold()), rule);
    }

    @Override
    public Tensor sample(Denoiser denoiser, Tensor noise, Generator generator, SamplingListener listener) {
        return sample(denoiser, noise, like -> Torch.randnLike(like, generator), listener);
    }

    /** @param fresh standard normal noise in the shape of its argument */
    Tensor sample(Denoiser denoiser, Tensor noise, UnaryOperator<Tensor> fresh, SamplingListener listener) {
        List<NoiseLevel> levels = steps.levels();
        try (var _ = Autograd.noGrad()) {
            Tensor x = noise.mul(steps.schedule().startScale(levels.getFirst()));
            Tensor before = null;
            for (int i = 0; i < steps.count(); i++) {
                Tensor next;
                Tensor estimate = null;
                try (TensorScope scope = TensorScope.open()) {
                    Here here = new Here(this, denoiser, fresh, i, x, before);
                    Tensor moved = rule.next(here);
                    listener.stepped(new SamplingListener.Step(i, steps.count(), levels.get(i), x, here.estimate()));
                    next = scope.promote(moved);
                    if (rule.looksBack() && i + 1 < steps.count()) {
                        // A copy: the estimate may be a tensor that the denoiser keeps.
                        estimate = scope.promote(here.estimate().clone());
                    }
                }
                x.close();
                if (before != null) {
                    before.close();
                }
                x = next;
                before = estimate;
            }
            return x;
        }
    }

    /** How a sampler goes from one level to the next. */
    interface Rule {
        /** The batch at the next level: a new tensor of the current scope. */
        Tensor next(Here here);

        /** Whether it uses {@link Here#before}. */
        default boolean looksBack() {
            return false;
        }
    }

    /** The bound on estimates of the image. */
    record Bound(double clip, SamplingConfig.Threshold threshold) {
        Tensor apply(Tensor x0) {
            if (threshold.quantile() == 0) {
                return clip > 0 ? x0.clamp(-clip, clip) : x0;
            }
            long[] each = new long[x0.dim()];
            Arrays.fill(each, 1);
            each[0] = x0.size(0);
            Tensor s = x0.abs()
                    .flatten(1, -1)
                    .quantile(threshold.quantile(), 1, false)
                    .clamp(1, threshold.max())
                    .reshape(each);
            return x0.clamp(s.neg(), s).div(s);
        }
    }
}
