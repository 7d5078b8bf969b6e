package dev.gradus.diffusion.train;

import java.util.List;

/**
 * One logged training step; its components are the keys of a line of {@code metrics.jsonl}.
 *
 * @param step steps done, counted from 1
 * @param images images seen in the whole run
 * @param loss the mean loss of the steps since the last report; NaN, and null in the file, if all of them were left out
 * @param clusterLoss the same for the images of each cluster of times, from the lowest noise to the highest; null where none was
 *     drawn
 * @param stage the stage of the curriculum, from 1
 * @param tMin the lowest time being drawn
 * @param tMax the highest time being drawn
 * @param lr the learning rate of this step
 * @param imagesPerSecond images per second of training since the last report, drawing of samples not counted
 * @param dataWait the share of that time in which the training step waited for images, from 0 to 1
 * @param checkpointWait the share of the whole time since the last report in which training waited for checkpoints, from 0 to 1
 * @param communicationWait the share of that time in which this rank's training waited for other ranks, from 0 to 1; null without any
 * @param skipped steps of the whole run that changed nothing, because loss or gradient was not finite or the loss exploded
 * @param memory bytes of memory that the process has; null where the system does not say
 * @param deviceMemory the most bytes that tensors had on the GPU since the process started; null without one
 */
public record StepReport(
        long step,
        long images,
        double loss,
        List<Double> clusterLoss,
        int stage,
        double tMin,
        double tMax,
        double lr,
        double imagesPerSecond,
        double dataWait,
        double checkpointWait,
        Double communicationWait,
        long skipped,
        Long memory,
        Long deviceMemory) {}
