package dev.gradus.diffusion.eval;

import dev.gradus.torch.Eigen;
import dev.gradus.torch.Linalg;
import dev.gradus.torch.Tensor;

/** Roots of symmetric positive semi-definite matrices, by their eigenvectors in float64. */
public final class SymmetricMatrix {
    /** 2^-52. An eigenvalue is uncertain by about this, relative to the largest one and times the dimension. */
    private static final double EPSILON = Math.ulp(1.0);

    /** How negative an eigenvalue may be, relative to the largest one. */
    private static final double TOLERANCE = 1e-8;

    private SymmetricMatrix() {}

    /**
     * The symmetric square root: the positive semi-definite R with R R = S.
     *
     * @param matrix (D, D), symmetric; its lower triangle is read. It may be singular
     * @return (D, D) float64, owned by the scope that is open
     * @throws IllegalArgumentException if it is not square or finite, or has a negative eigenvalue that is not rounding
     */
    public static Tensor sqrt(Tensor matrix) {
        Eigen eigen = eigen(matrix);
        Tensor vectors = eigen.eigenvectors();
        return vectors.mul(eigen.eigenvalues().sqrt()).matmul(vectors.transpose(0, 1));
    }

    /**
     * A factor F (D, R) with F F^T = S, where R is the numerical rank. Smaller and more exact than the root where the
     * matrix is singular. Other conditions as for {@link #sqrt}.
     */
    static Tensor factor(Tensor matrix) {
        Eigen eigen = eigen(matrix);
        long rank = eigen.eigenvalues().gt(0.0).sum().itemLong();
        long skipped = matrix.size(0) - rank;
        Tensor roots = eigen.eigenvalues().narrow(0, skipped, rank).sqrt();
        return eigen.eigenvectors().narrow(1, skipped, rank).mul(roots);
    }

    /** Ascending eigenvalues, those within rounding of 0 being 0, and their vectors. */
    private static Eigen eigen(Tensor matrix) {
        Tensor checked = Matrices.checked(matrix, "the rows of a symmetric matrix", 1);
        long dims = checked.size(0);
        if (checked.size(1) != dims) {
            throw new IllegalArgumentException("a symmetric matrix must be square, is " + Matrices.shape(matrix));
        }
        Eigen eigen = Linalg.eigh(checked);
        double least = eigen.eigenvalues().get(0).item();
        double largest = eigen.eigenvalues().get(dims - 1).item();
        if (least < -TOLERANCE * Math.max(largest, 0)) {
            throw new IllegalArgumentException("the matrix is not positive semi-definite: it has the eigenvalue "
                    + least + " beside the largest one of " + largest);
        }
        Tensor values = eigen.eigenvalues();
        return new Eigen(values.maskedFill(values.le(dims * EPSILON * largest), 0.0), eigen.eigenvectors());
    }
}
