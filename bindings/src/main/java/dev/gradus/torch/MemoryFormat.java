package dev.gradus.torch;

/** How the elements of a tensor lie in memory. */
public enum MemoryFormat {
    /** Row-major: (B, C, H, W) with W the fastest. */
    CONTIGUOUS(0),
    /** As the tensor it comes from. */
    PRESERVE(1),
    /** (B, C, H, W) stored as (B, H, W, C): the channels lie side by side. */
    CHANNELS_LAST(2);

    private final int code;

    MemoryFormat(int code) {
        this.code = code;
    }

    /** The number of c10::MemoryFormat. */
    int code() {
        return code;
    }
}
