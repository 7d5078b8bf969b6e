package dev.gradus.diffusion.analysis;

/**
 * The relative entropy at one step between noise levels, in nats.
 *
 * @param cell the place of the noisier level in the {@link TimeGrid}
 * @param transition the step
 * @param mixture of the images themselves
 * @param gaussian of the Gaussian with their mean and covariance; NaN where it was not computed
 */
public record EntropyPoint(int cell, Transition transition, MixtureEstimate mixture, double gaussian) {}
