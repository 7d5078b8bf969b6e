package dev.gradus.diffusion.data.image;

/** The bytes are no image that can be decoded. The message is the reason, without a name. */
public final class UnreadableImageException extends Exception {
    private static final long serialVersionUID = 1L;

    public UnreadableImageException(String reason) {
        super(reason);
    }

    public UnreadableImageException(String reason, Throwable cause) {
        super(reason, cause);
    }
}
