/**
 * Files of events that TensorBoard shows. {@link dev.gradus.diffusion.events.EventFile} writes them: records with checksums, each of
 * them a protocol buffer. The six messages that are needed are written field by field; the library for protocol buffers and the code
 * that it generates would be many times as large.
 */
package dev.gradus.diffusion.events;
