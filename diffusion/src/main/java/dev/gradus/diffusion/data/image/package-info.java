/**
 * Single images: {@link dev.gradus.diffusion.data.image.ImageDecoder} turns the bytes of a file into
 * {@link dev.gradus.diffusion.data.image.Pixels}, {@link dev.gradus.diffusion.data.image.Resampler} brings them to a size. Not
 * exported.
 */
package dev.gradus.diffusion.data.image;
