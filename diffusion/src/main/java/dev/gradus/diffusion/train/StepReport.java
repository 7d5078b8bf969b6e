package dev.gradus.diffusion.train;

/**
 * One logged training step; its components are the keys of a line of {@code metrics.jsonl}.
 *
 * @param step steps done, counted from 1
 * @param images images seen in the whole run
 * @param loss the mean loss of the steps since the last report; NaN, and null in the file, if all of them were left out
 * @param stage the stage of the curriculum, from 1
 * @param tMin the lowest time being drawn
 * @param tMax the highest time being drawn
 * @param lr the learning rate of this step
 * @param imagesPerSecond images per second of training since the last report, drawing of samples not counted
 * @param dataWait the share of that time in which the training step waited for images, from 0 to 1
 * @param checkpointWait the share of the whole time since the last report in which training waited for checkpoints, from 0 to 1
 * @param skipped steps of the whole run that changed nothing, because loss or gradient was not finite or the loss exploded
 */
public record StepReport(
        long step,
        long images,
        double loss,
        int stage,
        double tMin,
        double tMax,
        double lr,
        double imagesPerSecond,
        double dataWait,
        double checkpointWait,
        long skipped) {}
