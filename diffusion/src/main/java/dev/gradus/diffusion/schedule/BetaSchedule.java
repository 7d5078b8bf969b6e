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
        return new BetaSchedule(linspace(start, end, timesteps));
    }

    private static float[] linspace(double start, double end, int count) {
        float[] values = new float[count];
        float first = (float) start;
        float last = (float) end;
        float step = count > 1 ? (last - first) / (count - 1) : 0;
        for (int i = 0; i < count; i++) {
            // From both ends, as linspace does, so that the last value is exact.
            values[i] = i < count / 2 || count == 1 ? Math.fma(step, i, first) : Math.fma(-step, count - 1 - i, last);
        }
        return values;
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

    /**
     * Betas whose square roots rise linearly (Rombach et al., arXiv 2112.10752, in their code), as {@code
     * torch.linspace(start ** 0.5, end ** 0.5, timesteps) ** 2} has them.
     *
     * @param start beta_0, between 0 and 1
     * @param end beta_{T-1}, between 0 and 1
     */
    public static BetaSchedule scaledLinear(double start, double end, int timesteps) {
        float[] roots = linspace(Math.sqrt(start), Math.sqrt(end), timesteps);
        for (int t = 0; t < timesteps; t++) {
            roots[t] *= roots[t];
        }
        return new BetaSchedule(roots);
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
    public double tMin() {
        return 0;
    }

    @Override
    public double tMax() {
        return betas.length - 1;
    }

    /**
     * alpha_t^2, called alpha-bar by Ho et al. (arXiv 2006.11239, equation 4): a float32 value, in (0, 1) and falling in
     * t.
     *
     * @param t from 0 to T - 1
     */
    public float alphaCumprod(int t) {
        return alphasCumprod[t];
    }

    /** All {@link #alphaCumprod} in the order of t; the caller owns the array. */
    public float[] alphasCumprod() {
        return alphasCumprod.clone();
    }

    /** The variance of the noise added in step t. */
    public float beta(int t) {
        return betas[t];
    }

    /** At a whole t the values that PyTorch computes in float32; between two of them the log-SNR is linear in t. */
    @Override
    public NoiseLevel at(double t) {
        requireTime(t);
        int before = (int) t;
        if (before == t) {
            float square = alphasCumprod[before];
            return new NoiseLevel(t, Math.sqrt(square), Math.sqrt(1 - square));
        }
        double share = t - before;
        return path().at(t, (1 - share) * logSnr(before) + share * logSnr(before + 1));
    }

    private double logSnr(int t) {
        double square = alphasCumprod[t];
        return Math.log(square / (1 - square));
    }

    @Override
    public double timeOf(double logSnr) {
        int low = 0;
        int high = betas.length - 1;
        if (logSnr >= logSnr(low)) {
            return low;
        }
        if (!(logSnr > logSnr(high))) {
            return high;
        }
        while (high - low > 1) {
            int middle = (low + high) / 2;
            if (logSnr(middle) >= logSnr) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low + (logSnr(low) - logSnr) / (logSnr(low) - logSnr(high));
    }

    @Override
    public double networkTime(double t) {
        return t;
    }

    @Override
    public Path path() {
        return Path.CIRCLE;
    }

    /** 1, as with the whole variance, whatever image is left at the last timestep. */
    @Override
    public double startScale(NoiseLevel level) {
        return 1;
    }
}
