/**
 * The networks. {@link dev.gradus.diffusion.model.Network} is what training and sampling see;
 * {@link dev.gradus.diffusion.model.Conditioning} is what they tell it: classes, a text, or nothing.
 *
 * <p>There are two kinds, each described by a {@link dev.gradus.diffusion.model.ModelConfig}:
 * {@link dev.gradus.diffusion.model.UNet2D} has the architecture, the parameter names and the files of diffusers'
 * {@code UNet2DModel}, and with text of its {@code UNet2DConditionModel}; {@link dev.gradus.diffusion.model.DiT} is the
 * diffusion transformer with the parameter names of its published weights.
 *
 * <p>{@link dev.gradus.diffusion.model.Parity} records what a network computes so that installations and ports can be
 * compared.
 */
package dev.gradus.diffusion.model;
