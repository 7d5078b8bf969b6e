/** Samplers: from noise to images, by any denoiser. */
package dev.gradus.diffusion.sampler;
