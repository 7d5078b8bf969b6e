/** What the network learns to predict, and the network as a denoiser. */
package dev.gradus.diffusion.objective;
