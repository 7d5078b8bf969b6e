package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;

/** The walk over the steps that all samplers share: one scope per step, no autograd, the estimate clipped. */
final class Steps {
    private Steps() {}

    @FunctionalInterface
    interface Update {
        /** The batch after a step. */
        Tensor next(Tensor xt, Tensor x0, SamplingSteps.Step step);
    }

    static Tensor run(SamplingSteps steps, Tensor noise, double clip, Denoiser denoiser, Update update) {
        try (var _ = Autograd.noGrad()) {
            Tensor x = noise;
            for (SamplingSteps.Step step : steps.steps()) {
                Tensor before = x;
                try (TensorScope scope = TensorScope.open()) {
                    Tensor x0 = denoiser.x0(before, step.level());
                    x = scope.promote(update.next(before, clip > 0 ? x0.clamp(-clip, clip) : x0, step));
                }
                if (before != noise) {
                    before.close();
                }
            }
            return x;
        }
    }
}
