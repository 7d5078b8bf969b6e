package dev.gradus.diffusion.data.image;

import java.util.Objects;
import javax.imageio.stream.ImageInputStreamImpl;

/** The contents of a file for an image reader. Costs next to nothing to open, which counts where images are small. */
final class MemoryStream extends ImageInputStreamImpl {
    private final byte[] bytes;

    /** @param bytes read, not copied */
    MemoryStream(byte[] bytes) {
        this.bytes = bytes;
    }

    @Override
    public int read() {
        bitOffset = 0;
        return streamPos < bytes.length ? bytes[(int) streamPos++] & 0xFF : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, target.length);
        bitOffset = 0;
        if (length == 0) {
            return 0;
        }
        if (streamPos >= bytes.length) {
            return -1;
        }
        int count = (int) Math.min(length, bytes.length - streamPos);
        System.arraycopy(bytes, (int) streamPos, target, offset, count);
        streamPos += count;
        return count;
    }

    @Override
    public long length() {
        return bytes.length;
    }

    /** Nothing is left to free: an empty method spares each stream the finalizer of the class above. */
    @Override
    @SuppressWarnings({"removal", "deprecation"})
    protected void finalize() {}
}
