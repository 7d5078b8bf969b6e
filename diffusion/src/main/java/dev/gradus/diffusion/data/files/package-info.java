/**
 * Files by relative path, whether they lie in a folder, a zip file or tar files: a
 * {@link dev.gradus.diffusion.data.files.FileTree}. Nothing is unpacked. Not exported.
 */
package dev.gradus.diffusion.data.files;
