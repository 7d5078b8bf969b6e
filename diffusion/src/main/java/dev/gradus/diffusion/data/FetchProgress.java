package dev.gradus.diffusion.data;

/** Hears how a download gets on. */
@FunctionalInterface
public interface FetchProgress {
    /**
     * Called several times a second. A runtime exception thrown here cancels the fetch, which then leaves nothing
     * behind.
     *
     * @param what a phrase for the user
     * @param done bytes done
     * @param total bytes in all; -1 where unknown
     */
    void update(String what, long done, long total);
}
