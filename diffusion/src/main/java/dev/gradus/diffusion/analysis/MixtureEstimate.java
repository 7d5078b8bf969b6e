package dev.gradus.diffusion.analysis;

/**
 * What {@link MixtureEntropy} estimates for one transition, in nats.
 *
 * @param chosen the form with the smaller standard error, where both can be trusted
 * @param form which one that is
 * @param ratio the mean of r - 1 - ln r
 * @param posterior the exact relative entropy between images less that of the posteriors
 */
public record MixtureEstimate(Estimate chosen, Form form, Estimate ratio, Estimate posterior) {
    /** Beyond it r has draws so rare and large that their absence goes unnoticed. */
    private static final double TRUSTED_LOG_RATIO = 2;

    public enum Form {
        RATIO,
        POSTERIOR
    }

    /**
     * @param logRatios ln r of each draw
     * @param joint the exact mean relative entropy between the noisy images of one and the same image
     * @param posteriors the relative entropy of the posteriors at each draw
     */
    static MixtureEstimate of(double[] logRatios, double joint, double[] posteriors) {
        double[] ratios = new double[logRatios.length];
        double[] differences = new double[logRatios.length];
        double largest = 0;
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = Excess.ofLogarithm(logRatios[i]);
            differences[i] = joint - posteriors[i];
            largest = Math.max(largest, Math.abs(logRatios[i]));
        }
        Estimate ratio = Estimate.of(ratios);
        Estimate posterior = Estimate.of(differences);
        boolean useRatio = largest <= TRUSTED_LOG_RATIO && ratio.standardError() < posterior.standardError();
        return new MixtureEstimate(
                useRatio ? ratio : posterior, useRatio ? Form.RATIO : Form.POSTERIOR, ratio, posterior);
    }
}
