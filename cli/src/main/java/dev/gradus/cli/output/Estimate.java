package dev.gradus.cli.output;

import java.time.Duration;

/**
 * How far a run is.
 *
 * @param startStep steps that were done before this process
 * @param steps steps of the whole run
 * @param stages stages of the curriculum
 * @param startNanos when this process began with {@code startStep}
 */
record Estimate(long startStep, long steps, int stages, long startNanos) {
    /** The time left after {@code step} if the remaining steps take as long as those so far. */
    Duration left(long step, long nowNanos) {
        long done = Math.max(1, step - startStep);
        double perStep = (double) (nowNanos - startNanos) / done;
        return Duration.ofNanos(Math.round(perStep * Math.max(0, steps - step)));
    }
}
