package dev.gradus.diffusion.train;

/**
 * One logged training step; its components are the keys of a line of {@code metrics.jsonl}.
 *
 * @param step steps done, counted from 1
 * @param images images seen in the whole run
 * @param loss the mean loss of the steps since the last report
 * @param stage the stage of the curriculum, from 1
 * @param tMin the lowest timestep being drawn
 * @param tMax the highest timestep being drawn
 * @param lr the learning rate of this step
 * @param imagesPerSecond images per second of training since the last report, drawing of samples not counted
 */
public record StepReport(
        long step, long images, double loss, int stage, int tMin, int tMax, double lr, double imagesPerSecond) {}
