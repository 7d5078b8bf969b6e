package dev.gradus.diffusion.data;

import java.io.IOException;

/** An image that cannot be decoded. */
public final class BrokenImageException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient BrokenImage image;

    public BrokenImageException(BrokenImage image, Throwable cause) {
        super(image.toString(), cause);
        this.image = image;
    }

    /** Which one, and why. */
    public BrokenImage image() {
        return image;
    }
}
