/**
 * Studies of how hard each denoising task is.
 *
 * <p>{@link dev.gradus.diffusion.analysis.MixtureEntropy} and {@link dev.gradus.diffusion.analysis.GaussianEntropy} estimate the
 * relative entropy between the distributions of neighbouring noise levels. The findings and the measures are those of
 * Kim, Go, Kwon and Kim (arXiv 2403.10348, section 4).
 */
package dev.gradus.diffusion.analysis;
