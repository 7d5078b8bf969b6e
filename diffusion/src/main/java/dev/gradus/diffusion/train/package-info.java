/**
 * Training: the loop, the folder of a run, checkpoints, and what an observer hears of them.
 *
 * <p>{@link dev.gradus.diffusion.train.Trainer} is the entry: a configuration and a folder in, a trained network out. A run
 * folder is complete: the same call goes on from its newest checkpoint, with the same bits as a run that was never stopped (on the
 * CPU). Losses stay on the device and are read in blocks. A {@link dev.gradus.diffusion.train.TrainListener} sees progress;
 * nothing here prints.
 */
package dev.gradus.diffusion.train;
