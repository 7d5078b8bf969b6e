package dev.gradus.torch.nn;

/** What is put around an input. */
public enum PaddingMode {
    /** Zeros. */
    ZEROS,
    /** The input mirrored at its border, which is not repeated. */
    REFLECT,
    /** The value at the border. */
    REPLICATE,
    /** The input from the other side. */
    CIRCULAR;

    /** PyTorch's name. */
    String torchName() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
