/**
 * Studies of how hard each denoising task is.
 *
 * <p>{@link dev.gradus.diffusion.analysis.MixtureEntropy} and {@link dev.gradus.diffusion.analysis.GaussianEntropy} estimate the
 * relative entropy between the distributions of neighbouring noise levels. {@link dev.gradus.diffusion.analysis.Convergence}
 * trains a model for each cluster of noise levels and compares how fast their losses fall. The findings and the measures are those of
 * Kim, Go, Kwon and Kim (arXiv 2403.10348, section 4).
 */
package dev.gradus.diffusion.analysis;
