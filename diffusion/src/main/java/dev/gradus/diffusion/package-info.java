/**
 * Diffusion models: noise schedules, the difficulty curriculum, models, training and sampling.
 *
 * <p>Each concept is a small interface in its own package ({@code schedule}, {@code objective}, {@code curriculum},
 * {@code sampler}), and every combination is legal. {@link dev.gradus.diffusion.train.Trainer} knows the interfaces only.
 */
package dev.gradus.diffusion;
