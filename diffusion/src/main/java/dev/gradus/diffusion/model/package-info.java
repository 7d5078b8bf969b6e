/**
 * The network: a UNet with the architecture, the parameter names and the files of diffusers' {@code UNet2DModel}.
 *
 * <p>{@link dev.gradus.diffusion.model.UNet2DConfig} describes a network, {@link dev.gradus.diffusion.model.UNet2D} is
 * one, {@link dev.gradus.diffusion.model.Parity} records what one computes so that installations and ports can be
 * compared.
 */
package dev.gradus.diffusion.model;
