package dev.gradus.torch.bench;

import java.util.Locale;

/**
 * The rows of the table. Every peer measures them under {@link #key}: a method of {@link Cases}, an entry of the list in
 * {@code native/bench/calls.cpp}, a function in {@code src/jmh/python/calls.py}.
 */
enum Case {
    ADD("add, 1 element", true),
    MATMUL("matmul, 64x64", true),
    CONV("3x3 convolution, 1x16x16x16", true),
    DIM("dim()", true),
    SHAPE("shape()", false),
    ARRAY("1024 floats in and out", false),
    BOXED("add by name (boxed)", false),
    SELECT("x[2]", false),
    INDEX("x[1:3, ..., 0]", false),
    PERCEPTRON("perceptron step, batch 32", false),
    TEMPORARIES("scope with 100 sums", false);

    /** What the table calls it. */
    final String label;
    /** Whether it is one call of the typed API whose only result is a Tensor or a number. */
    final boolean typed;

    Case(String label, boolean typed) {
        this.label = label;
        this.typed = typed;
    }

    String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
