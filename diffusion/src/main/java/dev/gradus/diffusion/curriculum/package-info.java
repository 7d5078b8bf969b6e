/**
 * The denoising-difficulty curriculum: which timesteps are drawn when.
 *
 * <p>Source: Kim, Go, Kwon, Kim, "Denoising Task Difficulty-based Curriculum for Training Diffusion Models" (arXiv
 * 2403.10348, ICLR 2025). A {@link dev.gradus.diffusion.curriculum.Clustering} cuts the timesteps into clusters, an
 * {@link dev.gradus.diffusion.curriculum.StageOrder} says which clusters each stage trains, a
 * {@link dev.gradus.diffusion.curriculum.Pacing} says when a stage ends, and
 * {@link dev.gradus.diffusion.curriculum.Curriculum} puts the three together. Training on all timesteps from the start
 * is the order with one stage.
 */
package dev.gradus.diffusion.curriculum;
