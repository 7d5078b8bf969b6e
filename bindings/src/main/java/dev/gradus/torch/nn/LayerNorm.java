package dev.gradus.torch.nn;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;

/**
 * Normalises over the last dimensions to mean 0 and variance 1, then scales and shifts each element: Ba et al., "Layer
 * Normalization" (2016).
 */
public final class LayerNorm extends Layer {
    private final long[] normalizedShape;
    private final double eps;
    private final Parameter weight; // null without
    private final Parameter bias; // null without

    /** PyTorch's defaults: eps 1e-5, with scale and shift. */
    public LayerNorm(long... normalizedShape) {
        this(normalizedShape, 1e-5, true, true);
    }

    /**
     * Starts with scale 1 and shift 0.
     *
     * @param normalizedShape the sizes of the last dimensions
     * @param eps added to the variance
     * @param elementwiseAffine whether there is a scale
     * @param bias whether there is also a shift
     */
    public LayerNorm(long[] normalizedShape, double eps, boolean elementwiseAffine, boolean bias) {
        this.normalizedShape = Sizes.positive("normalizedShape", normalizedShape);
        this.eps = eps;
        weight = elementwiseAffine ? registerParameter("weight", Torch.ones(normalizedShape)) : null;
        this.bias = elementwiseAffine && bias ? registerParameter("bias", Torch.zeros(normalizedShape)) : null;
    }

    /** The normalised {@code x}, of the same shape. */
    @Override
    public Tensor forward(Tensor x) {
        return F.layerNorm(x, normalizedShape, Parameter.get(weight), Parameter.get(bias), eps);
    }

    @Override
    protected String extraRepr() {
        return Repr.options(
                "", normalizedShape, "eps", eps, "elementwise_affine", weight != null, "bias", bias != null);
    }
}
