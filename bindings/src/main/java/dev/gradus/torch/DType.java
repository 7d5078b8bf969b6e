package dev.gradus.torch;

/** Element types of tensors. */
public enum DType {
    /** 32-bit floating point. */
    FLOAT32
}
