/**
 * The functions of the C shim as jextract writes them: generated from native/include/gradus_torch.h, not to be edited, and
 * not exported. Used by {@code dev.gradus.torch} alone, which checks arguments and keeps handles alive around each call: none of
 * this is safe by itself. A test compares it with the header.
 */
package dev.gradus.torch.ffi;
