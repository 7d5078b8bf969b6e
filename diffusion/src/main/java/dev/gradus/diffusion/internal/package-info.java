/** Helpers that packages of this module share; not exported. */
package dev.gradus.diffusion.internal;
