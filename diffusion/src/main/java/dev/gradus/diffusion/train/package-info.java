/** Training: the loop, the folder of a run, checkpoints, and what an observer hears of them. */
package dev.gradus.diffusion.train;
