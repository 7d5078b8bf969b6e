/**
 * Samplers: from noise to images, by any denoiser.
 *
 * <p>A {@link dev.gradus.diffusion.sampler.Sampler} is a function of a denoiser and noise, and knows no network. DDPM (Ho, Jain and
 * Abbeel 2020) draws fresh noise at each step; DDIM (Song, Meng and Ermon 2021) can do without, and with fewer steps.
 * {@link dev.gradus.diffusion.sampler.SamplingSteps} says which timesteps are visited.
 */
package dev.gradus.diffusion.sampler;
