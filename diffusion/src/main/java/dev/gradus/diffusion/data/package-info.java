/**
 * Training images: the IDX format, Fashion-MNIST, and a loader that decodes batches ahead of the training step.
 *
 * <p>The order of the images is a pure function of the seed and the position, whatever the number of threads, so a resumed run
 * sees what an uninterrupted one would. What is fetched goes into the user's cache once and is compared with its
 * checksum; what is wrong with a file is a {@link dev.gradus.diffusion.data.DataException} that names it.
 */
package dev.gradus.diffusion.data;
