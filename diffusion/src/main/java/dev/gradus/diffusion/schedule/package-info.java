/**
 * Noise schedules: how much signal and how much noise there is at each timestep.
 *
 * <p>A {@link dev.gradus.diffusion.schedule.NoiseSchedule} gives, for each of the T timesteps, the factors of image and noise,
 * alpha and sigma, and the logarithm of the ratio of their squares. Timestep 0 holds the least noise.
 * {@link dev.gradus.diffusion.schedule.BetaSchedule} makes the discrete ones of the literature (linear: Ho, Jain and Abbeel 2020;
 * cosine: Nichol and Dhariwal 2021) with the numbers of the diffusers library.
 */
package dev.gradus.diffusion.schedule;
