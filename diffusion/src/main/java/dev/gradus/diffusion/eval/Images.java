package dev.gradus.diffusion.eval;

import dev.gradus.torch.DType;
import dev.gradus.torch.Tensor;

/** What happens to images before their features are taken. */
final class Images {
    private Images() {}

    /**
     * The images as a picture file has them: within [-1, 1], in 256 levels. So tensors and the PNG files made of them have
     * equal scores.
     *
     * @throws EvaluationException if a value is not finite
     */
    static Tensor inLevels(Tensor images) throws EvaluationException {
        if (!images.isfinite().all().itemBoolean()) {
            throw new EvaluationException("an image holds a value that is not finite; a model that draws such images"
                    + " has diverged, and cannot be scored");
        }
        Tensor levels = images.to(DType.FLOAT32).clamp(-1.0, 1.0).add_(1.0).mul_(127.5);
        return levels.round_().div_(127.5).sub_(1.0);
    }
}
