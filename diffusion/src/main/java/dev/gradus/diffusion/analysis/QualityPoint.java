package dev.gradus.diffusion.analysis;

/**
 * The score of images drawn with an expert in its interval.
 *
 * @param cluster the expert's, from 0 for the least noise; -1: the full model alone
 * @param seed of the expert's training; 0 for the full model
 * @param step how far the expert is trained; 0: not at all
 * @param score the value of the metric
 */
public record QualityPoint(int cluster, long seed, long step, double score) {
    /** The cluster of the full model. */
    public static final int FULL_MODEL = -1;
}
