package dev.gradus.diffusion.train;

import dev.gradus.diffusion.curriculum.TimestepRange;
import dev.gradus.diffusion.curriculum.TimestepSet;
import java.util.List;

/**
 * A stage of the curriculum begins; a line of {@code stages.jsonl}.
 *
 * @param step steps done when it begins; 0 for the first stage
 * @param stage the stage, from 1
 * @param stages how many there are
 * @param tMin the lowest time now drawn
 * @param tMax the highest time now drawn
 * @param active all that is now drawn
 * @param clusters the tasks that the stages are made of, from the lowest noise to the highest
 */
public record StageChange(
        long step, int stage, int stages, double tMin, double tMax, TimestepSet active, List<TimestepRange> clusters) {}
