package dev.gradus.torch.nn;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;

/**
 * Divides by the root of the mean square over the last dimensions, then scales each element: Zhang and Sennrich, "Root Mean
 * Square Layer Normalization" (2019).
 */
public final class RMSNorm extends Layer {
    private final long[] normalizedShape;
    private final Double eps; // null: that of the type
    private final Parameter weight; // null without

    /** PyTorch's defaults: the machine epsilon of the input's type, with a scale. */
    public RMSNorm(long... normalizedShape) {
        this(normalizedShape, null, true);
    }

    /**
     * Starts with scale 1.
     *
     * @param normalizedShape the sizes of the last dimensions
     * @param eps added to the mean square; null for the machine epsilon of the input's type
     * @param elementwiseAffine whether there is a scale
     */
    public RMSNorm(long[] normalizedShape, Double eps, boolean elementwiseAffine) {
        this.normalizedShape = Sizes.positive("normalizedShape", normalizedShape);
        this.eps = eps;
        weight = elementwiseAffine ? registerParameter("weight", Torch.ones(normalizedShape)) : null;
    }

    /** The normalised {@code x}, of the same shape. */
    @Override
    public Tensor forward(Tensor x) {
        return F.rmsNorm(x, normalizedShape, Parameter.get(weight), eps);
    }

    @Override
    protected String extraRepr() {
        return Repr.options(
                "", normalizedShape, "eps", eps == null ? "None" : eps, "elementwise_affine", weight != null);
    }
}
