package dev.gradus.diffusion.data;

/** Hears how a download or other work on data gets on. */
@FunctionalInterface
public interface FetchProgress {
    /**
     * Called several times a second. A runtime exception thrown here cancels the work; what a fetch did is
     * then gone on with by the next.
     *
     * @param what a phrase for the user
     * @param done how much is done
     * @param total all of it, in the same unit; -1 where unknown
     */
    void update(String what, long done, long total);
}
