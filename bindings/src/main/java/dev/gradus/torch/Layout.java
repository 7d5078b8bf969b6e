package dev.gradus.torch;

/** How a tensor stores its elements: all of them, or those that are not zero. */
public enum Layout {
    /** All elements, each at its place. */
    STRIDED(0),
    /** The coordinates and values of some. */
    SPARSE_COO(1),
    /** Those of each row, one row after the other. */
    SPARSE_CSR(2),
    /** The format of oneDNN. */
    MKLDNN(3),
    /** Those of each column, one column after the other. */
    SPARSE_CSC(4),
    /** As SPARSE_CSR, with blocks for elements. */
    SPARSE_BSR(5),
    /** As SPARSE_CSC, with blocks for elements. */
    SPARSE_BSC(6),
    /** Rows of different lengths. */
    JAGGED(7);

    private final int code;

    Layout(int code) {
        this.code = code;
    }

    /** The number of c10::Layout. */
    int code() {
        return code;
    }
}
