/** Training images: the IDX format, Fashion-MNIST, and a loader that decodes batches ahead of the training step. */
package dev.gradus.diffusion.data;
