/**
 * What the network learns to predict, and the network as a denoiser.
 *
 * <p>An {@link dev.gradus.diffusion.objective.Objective} says which target the network is trained on, noise
 * image, v, EDM's remainder or the tangent of a path, and how to get the image back from a prediction, by its {@link
 * dev.gradus.diffusion.objective.Coefficients} at each noise level. A {@link dev.gradus.diffusion.objective.LossWeight} says how much
 * each level counts. {@link dev.gradus.diffusion.objective.DenoisingLoss} is the loss of a batch under it. A
 * {@link dev.gradus.diffusion.objective.Denoiser} always answers the denoised image, whatever the network predicts:
 * network, loss and sampler meet there, and none knows the others.
 */
package dev.gradus.diffusion.objective;
