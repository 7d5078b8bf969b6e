package dev.gradus.diffusion.train;

/**
 * The profile of a power function average: after t steps, the weights of step tau weigh (gamma + 1) tau^gamma / t^(gamma + 1)
 * (Karras et al., "Analyzing and Improving the Training Dynamics of Diffusion Models", arXiv 2312.02696, section 3.1).
 *
 * @param gamma the exponent, at least 0; the larger, the shorter the average
 * @param t steps, greater than 0
 */
record PowerFunction(double gamma, double t) {
    private static final double LARGEST_GAMMA = 1e9;

    /** The exponent of a relative standard deviation: the width of the profile as a part of the training. */
    static double gammaOf(double deviation) {
        // It falls as gamma grows.
        double low = 0;
        double high = LARGEST_GAMMA;
        for (double middle = high / 2; middle > low && middle < high; middle = low + (high - low) / 2) {
            if (deviationOf(middle) > deviation) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The standard deviation of the profile, relative to t. */
    static double deviationOf(double gamma) {
        return Math.sqrt((gamma + 1) / ((gamma + 2) * (gamma + 2) * (gamma + 3)));
    }

    /**
     * The exponent with which a half of the weight is on the last {@code part} of the steps: the weight of the others is
     * (1 - part)^(gamma + 1).
     */
    static double gammaOfHalfLife(double part) {
        return Math.log(0.5) / Math.log1p(-part) - 1;
    }

    /** The weight of the past at step {@code t}, counted from 1. */
    static double decayAt(double gamma, long t) {
        return Math.pow(1 - 1.0 / t, gamma + 1);
    }

    /** The integral of the product of two profiles, from 0 to where the shorter one ends. */
    double dot(PowerFunction other) {
        PowerFunction shorter = t <= other.t ? this : other;
        PowerFunction longer = shorter == this ? other : this;
        return (gamma + 1)
                * (other.gamma + 1)
                * Math.pow(shorter.t / longer.t, longer.gamma)
                / ((gamma + other.gamma + 1) * longer.t);
    }
}
