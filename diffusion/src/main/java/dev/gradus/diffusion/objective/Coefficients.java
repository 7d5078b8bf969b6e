package dev.gradus.diffusion.objective;

/**
 * An objective at one noise level: the network F gives x_0 = {@code skip} x_t + {@code out} F({@code in} x_t), and is
 * trained to answer {@code x0} x_0 + {@code eps} eps. These are c_in, c_skip and c_out of Karras et al. (arXiv
 * 2206.00364, equation 7).
 *
 * @param in the factor of x_t where it enters the network
 * @param skip the factor of x_t in the estimate of x_0
 * @param out the factor of the network's output in the estimate of x_0; not 0
 * @param x0 the factor of the image in the target
 * @param eps the factor of the noise in the target
 */
public record Coefficients(double in, double skip, double out, double x0, double eps) {
    /** The squared error of the output that belongs to a squared error of 1 in x_0. */
    public double errorFactor() {
        return 1 / (out * out);
    }
}
