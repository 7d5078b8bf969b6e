package dev.gradus.torch.nn;

import dev.gradus.torch.Tensor;

/**
 * In training mode sets each value to 0 with a given probability and divides the others by one minus it; in evaluation mode
 * does nothing. Draws from the default generator of the input's device ({@link dev.gradus.torch.Torch#manualSeed}).
 */
public final class Dropout extends Module {
    private final double p;

    /**
     * @param p the probability of 0, in [0, 1]
     * @throws IllegalArgumentException if {@code p} is outside
     */
    public Dropout(double p) {
        if (!(p >= 0 && p <= 1)) {
            throw new IllegalArgumentException("the dropout probability must be in [0, 1], is " + p);
        }
        this.p = p;
    }

    /** {@code x} with dropout applied; {@code x} itself in evaluation mode or with probability 0. */
    public Tensor forward(Tensor x) {
        return isTraining() && p > 0 ? F.dropout(x, p, true) : x;
    }
}
