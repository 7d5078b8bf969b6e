/**
 * Measures a training step and sampling, in Java and in Python. The scripts among the resources compute the same with PyTorch alone; the random
 * numbers of both sides are the same, and so the losses are, but for the rounding of other kernels.
 */
package dev.gradus.diffusion.bench;
