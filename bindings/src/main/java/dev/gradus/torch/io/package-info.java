/**
 * Tensors in files: reading and writing the safetensors format.
 *
 * <p>A safetensors file is an 8-byte little-endian length, a JSON header of that length (for each tensor its dtype,
 * shape and byte range, and a map of strings called {@code __metadata__}), and the tensors' bytes without gaps. Files are read
 * and written through memory mappings, so a tensor moves between the file and its own storage in one copy, whatever its size.
 *
 * <p>{@link dev.gradus.torch.io.SafeTensors} is the entry point. Nothing of a file is believed before it is checked: whatever
 * is wrong with one ends in a {@link dev.gradus.torch.io.SafeTensorsException} that names the file, the tensor and the fault.
 *
 * <p>{@link dev.gradus.torch.io.PyTorchFile} reads what {@code torch.save} wrote, as data.
 */
package dev.gradus.torch.io;
