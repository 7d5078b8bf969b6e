package dev.gradus.diffusion.config;

/**
 * When a run writes checkpoints, and which of them it keeps. A checkpoint is kept if any of the rules asks for it; the newest
 * always is. With the defaults none is ever deleted.
 *
 * @param every steps between two checkpoints; 0 writes one at the end only
 * @param keepLast how many of the newest are kept; 0 keeps all. At least 2 leaves one to go on from if the newest is damaged
 * @param keepEvery those whose step is a multiple of this are kept too; 0 for none. Used where {@code keepLast} is not 0.
 * @param keepBest how many with the lowest {@code score} of their {@code state.json} are kept too: the running average of the
 *     loss, or what a {@code TrainingProbe} measures. Those of an unfinished curriculum do not count
 *     while there are others, for their tasks are easier. Used where {@code keepLast} is not 0.
 * @param background whether training goes on while a checkpoint is written, which takes memory for a second copy of all
 *     that is in it
 */
public record CheckpointConfig(int every, int keepLast, int keepEvery, int keepBest, boolean background) {
    public CheckpointConfig {
        Check.range("checkpoint.every", every, 0, Integer.MAX_VALUE);
        Check.range("checkpoint.keepLast", keepLast, 0, Integer.MAX_VALUE);
        Check.range("checkpoint.keepEvery", keepEvery, 0, Integer.MAX_VALUE);
        Check.range("checkpoint.keepBest", keepBest, 0, Integer.MAX_VALUE);
    }

    /** One every 1,000 steps, in the background; all are kept. */
    public static CheckpointConfig defaults() {
        return new CheckpointConfig(1000, 0, 0, 0, true);
    }
}
