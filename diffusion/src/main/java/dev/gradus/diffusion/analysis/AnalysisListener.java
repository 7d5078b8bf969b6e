package dev.gradus.diffusion.analysis;

/** Hears how far an analysis is. What it throws ends the analysis. */
@FunctionalInterface
public interface AnalysisListener {
    /**
     * Called several times a second or less often.
     *
     * @param what a phrase for the user
     * @param done how much of the work is done
     * @param total all of it, in the same unit
     */
    void update(String what, long done, long total);
}
