package dev.gradus.diffusion.schedule;

/**
 * A schedule given by beta_t, the variance of the noise added in step t: alpha_t^2 is the product of 1 - beta_s over s
 * &le; t.
 *
 * <p>The values have the bits that PyTorch computes on a CPU with fused multiply-add: betas in float32, their product
 * accumulated in float64 and rounded to float32, as {@code torch.cumprod} does.
 */
public final class BetaSchedule implements NoiseSchedule {
    private static final double COSINE_OFFSET = 0.008;
    private static final double COSINE_MAX_BETA = 0.999;

    private final float[] betas;
    private final float[] alphasCumprod;

    private BetaSchedule(float[] betas) {
        this.betas = betas;
        this.alphasCumprod = new float[betas.length];
        double product = 1;
        for (int t = 0; t < betas.length; t++) {
            product *= 1 - betas[t];
            alphasCumprod[t] = (float) product;
        }
    }

    /**
     * Betas that rise linearly (Ho et al., arXiv 2006.11239, section 4, with 1e-4, 0.02 and 1000), as {@code
     * torch.linspace(start, end, timesteps)} has them.
     *
     * @param start beta_0, between 0 and 1
     * @param end beta_{T-1}, between 0 and 1
     */
    public static BetaSchedule linear(double start, double end, int timesteps) {
        float[] betas = new float[timesteps];
        float first = (float) start;
        float last = (float) end;
        float step = timesteps > 1 ? (last - first) / (timesteps - 1) : 0;
        for (int t = 0; t < timesteps; t++) {
            // From both ends, as linspace does, so that the last value is exact.
            betas[t] = t < timesteps / 2 || timesteps == 1
                    ? Math.fma(step, t, first)
                    : Math.fma(-step, timesteps - 1 - t, last);
        }
        return new BetaSchedule(betas);
    }

    /**
     * The cosine schedule (Nichol and Dhariwal, arXiv 2102.09672, equation 17): alpha_t^2 follows cos^2 of ((t / T + s) /
     * (1 + s)) pi / 2 with s = 0.008, and no beta is above 0.999.
     */
    public static BetaSchedule cosine(int timesteps) {
        float[] betas = new float[timesteps];
        for (int t = 0; t < timesteps; t++) {
            double before = cosineAlphaSquared((double) t / timesteps);
            double after = cosineAlphaSquared((t + 1.0) / timesteps);
            betas[t] = (float) Math.min(1 - after / before, COSINE_MAX_BETA);
        }
        return new BetaSchedule(betas);
    }

    private static double cosineAlphaSquared(double time) {
        double cosine = Math.cos((time + COSINE_OFFSET) / (1 + COSINE_OFFSET) * Math.PI / 2);
        return cosine * cosine;
    }

    @Override
    public int timesteps() {
        return betas.length;
    }

    @Override
    public float alphaCumprod(int t) {
        return alphasCumprod[t];
    }

    /** The variance of the noise added in step t. */
    public float beta(int t) {
        return betas[t];
    }
}
