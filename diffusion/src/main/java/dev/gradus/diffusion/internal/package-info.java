/**
 * Helpers that packages of this module share; not exported. {@link dev.gradus.diffusion.internal.AtomicFiles} writes files and
 * folders that appear as a whole or not at all.
 */
package dev.gradus.diffusion.internal;
