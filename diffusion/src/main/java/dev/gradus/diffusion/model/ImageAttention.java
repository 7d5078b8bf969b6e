package dev.gradus.diffusion.model;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.nn.Module;

/** What lets all positions of an image see each other, and the text where there is one. */
abstract class ImageAttention extends Module {
    /**
     * (B, C, H, W) to (B, C, H, W).
     *
     * @param text null in a network without text
     */
    abstract Tensor forward(Tensor x, TextContext text);
}
