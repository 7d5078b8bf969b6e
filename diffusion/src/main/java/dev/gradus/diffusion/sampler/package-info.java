/**
 * Samplers: from noise to images, by any denoiser, on any schedule.
 *
 * <p>A {@link dev.gradus.diffusion.sampler.Sampler} is a function of a denoiser and noise, and knows no network. {@link
 * dev.gradus.diffusion.sampler.SamplingSteps} says at which noise levels it stops, {@link
 * dev.gradus.diffusion.config.SamplingConfig.Kind} which there are. {@link dev.gradus.diffusion.sampler.GuidedDenoiser} adds
 * guidance to any of them. Each way from one level to the next is a small class of its own, made of the few moves of one
 * more.
 */
package dev.gradus.diffusion.sampler;
