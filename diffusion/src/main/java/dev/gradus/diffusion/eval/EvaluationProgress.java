package dev.gradus.diffusion.eval;

/** Hears how long work gets on. */
@FunctionalInterface
public interface EvaluationProgress {
    /** Hears nothing. */
    EvaluationProgress NONE = (what, done, total) -> {};

    /**
     * Called after each batch. A runtime exception thrown here ends the work.
     *
     * @param what a phrase for the user
     * @param done images done
     * @param total images in all
     */
    void update(String what, long done, long total);
}
