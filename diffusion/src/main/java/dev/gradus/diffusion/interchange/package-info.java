/**
 * Files of other programs. {@link dev.gradus.diffusion.interchange.PipelineFolder} reads and writes the folders of the diffusers
 * library for Python, with {@link dev.gradus.diffusion.interchange.PipelineScheduler} for how noise is added and removed.
 * What has no counterpart on the other side is refused by its name.
 */
package dev.gradus.diffusion.interchange;
