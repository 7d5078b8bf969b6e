package dev.gradus.diffusion.data;

/**
 * An image that cannot be decoded.
 *
 * @param index in the data set that has it
 * @param path of its file, or file and place
 * @param reason in words
 */
public record BrokenImage(long index, String path, String reason) {
    @Override
    public String toString() {
        return path + ": " + reason;
    }
}
