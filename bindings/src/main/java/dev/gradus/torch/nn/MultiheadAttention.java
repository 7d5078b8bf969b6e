package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;

/**
 * Attention in several heads, each over a part of the features: Vaswani et al., "Attention Is All You Need" (2017), section
 * 3.2.2. Keys and values may have other numbers of features than queries.
 *
 * <p>As in PyTorch a mask of type BOOL is true where a place must <em>not</em> be seen; the opposite of
 * {@link F#scaledDotProductAttention}. One of a floating-point type is added to the scores.
 */
public final class MultiheadAttention extends Module {
    private final int embedDim;
    private final int heads;
    private final double dropout;
    private final boolean batchFirst;
    private final Parameter inWeight; // null where keys or values have other features
    private final Parameter[] inWeights; // of queries, keys and values then; else null
    private final Parameter inBias; // null for none
    private final Linear out;

    /**
     * What attention with weights answers.
     *
     * @param output (L, B, E), or (B, L, E) with the batch first
     * @param weights how much each place sees of each, the mean over the heads (B, L, S)
     */
    public record Result(Tensor output, Tensor weights) {}

    /** With biases, without dropout, the sequence first, drawn from the default generator. */
    public MultiheadAttention(int embedDim, int heads) {
        this(embedDim, heads, 0, true, false, null);
    }

    /**
     * Draws the output projection, then the input projections (3 embedDim, embedDim), as PyTorch does; biases are 0.
     *
     * @param dropout of the weights of attention in training mode, in [0, 1]
     * @param bias whether the projections have biases
     * @param batchFirst whether inputs are (B, L, E) instead of (L, B, E)
     * @param generator null: the default one
     * @throws IllegalArgumentException if the heads do not divide the features
     */
    public MultiheadAttention(
            int embedDim, int heads, double dropout, boolean bias, boolean batchFirst, Generator generator) {
        this(embedDim, heads, dropout, bias, batchFirst, embedDim, embedDim, generator);
    }

    /**
     * With keys and values of other features, whose projections are weights of their own then: {@code q_proj_weight},
     * {@code k_proj_weight} and {@code v_proj_weight}.
     *
     * @param kdim the features of a key
     * @param vdim the features of a value
     */
    public MultiheadAttention(
            int embedDim,
            int heads,
            double dropout,
            boolean bias,
            boolean batchFirst,
            int kdim,
            int vdim,
            Generator generator) {
        this.embedDim = Sizes.positive("embedDim", embedDim);
        this.heads = Sizes.positive("heads", heads);
        Sizes.divisible("embedDim", embedDim, "heads", heads);
        Sizes.probability(dropout);
        this.dropout = dropout;
        this.batchFirst = batchFirst;
        out = registerModule("out_proj", new Linear(embedDim, embedDim, bias, generator));
        boolean same = Sizes.positive("kdim", kdim) == embedDim && Sizes.positive("vdim", vdim) == embedDim;
        inWeight = same ? projection("in_proj_weight", 3L * embedDim, embedDim, generator) : null;
        inWeights = same
                ? null
                : new Parameter[] {
                    projection("q_proj_weight", embedDim, embedDim, generator),
                    projection("k_proj_weight", embedDim, kdim, generator),
                    projection("v_proj_weight", embedDim, vdim, generator)
                };
        inBias = bias ? registerParameter("in_proj_bias", Torch.zeros(3L * embedDim)) : null;
        if (bias) {
            Init.zeros_(out.bias());
        }
    }

    private Parameter projection(String name, long out, long in, Generator generator) {
        return registerParameter(name, Init.xavierUniform_(Torch.empty(out, in), generator));
    }

    /** Without masks. */
    public Tensor forward(Tensor query, Tensor key, Tensor value) {
        return forward(query, key, value, null, null, false);
    }

    /**
     * The attended values, through libtorch's fused attention.
     *
     * @param query (L, B, E), or (B, L, E) with the batch first
     * @param key (S, B, kdim), likewise
     * @param value (S, B, vdim), likewise
     * @param keyPaddingMask (B, S), or null
     * @param attnMask (L, S) or (B heads, L, S), or null
     * @param isCausal whether each place sees only those up to itself; without masks only
     * @return (L, B, E), or (B, L, E) with the batch first
     */
    public Tensor forward(
            Tensor query, Tensor key, Tensor value, Tensor keyPaddingMask, Tensor attnMask, boolean isCausal) {
        if (isCausal && (keyPaddingMask != null || attnMask != null)) {
            throw new IllegalArgumentException("isCausal is a mask of its own; give it, or masks");
        }
        Tensor[] qkv = project(query, key, value);
        Tensor mask = mask(qkv, keyPaddingMask, attnMask);
        double p = isTraining() ? dropout : 0;
        return finish(F.scaledDotProductAttention(qkv[0], qkv[1], qkv[2], mask, p, isCausal));
    }

    /** As {@link #forward(Tensor, Tensor, Tensor, Tensor, Tensor, boolean)}, with the weights of attention. */
    public Result forwardWithWeights(Tensor query, Tensor key, Tensor value, Tensor keyPaddingMask, Tensor attnMask) {
        Tensor[] qkv = project(query, key, value);
        Tensor mask = mask(qkv, keyPaddingMask, attnMask);
        Tensor scaled = qkv[0].mul(Math.sqrt(1.0 / (embedDim / heads)));
        Tensor scores = scaled.matmul(qkv[1].transpose(-2, -1));
        Tensor weights = (mask == null ? scores : scores.add(mask)).softmax(-1);
        Tensor dropped = isTraining() && dropout > 0 ? F.dropout(weights, dropout, true) : weights;
        return new Result(finish(dropped.matmul(qkv[2])), weights.mean(1));
    }

    /** Queries, keys and values as (B, heads, L, E / heads). */
    private Tensor[] project(Tensor query, Tensor key, Tensor value) {
        Tensor bias = Parameter.get(inBias);
        Tensor[] projected;
        if (inWeight != null && query == key && key == value) {
            projected = F.linear(query, inWeight.get(), bias).chunk(3, -1);
        } else {
            Tensor[] w = inWeight != null
                    ? inWeight.get().chunk(3, 0)
                    : new Tensor[] {inWeights[0].get(), inWeights[1].get(), inWeights[2].get()};
            Tensor[] b = bias == null ? new Tensor[3] : bias.chunk(3, 0);
            projected =
                    new Tensor[] {F.linear(query, w[0], b[0]), F.linear(key, w[1], b[1]), F.linear(value, w[2], b[2])};
        }
        for (int i = 0; i < projected.length; i++) {
            Tensor x = batchFirst ? projected[i] : projected[i].transpose(0, 1);
            projected[i] =
                    x.reshape(x.size(0), x.size(1), heads, embedDim / heads).transpose(1, 2);
        }
        return projected;
    }

    private Tensor finish(Tensor attended) {
        Tensor joined = attended.transpose(1, 2).flatten(2, 3);
        return out.forward(batchFirst ? joined : joined.transpose(0, 1));
    }

    /** Both masks as numbers to add to scores (B, heads, L, S); null for none. */
    private Tensor mask(Tensor[] qkv, Tensor keyPaddingMask, Tensor attnMask) {
        Tensor query = qkv[0];
        long batch = query.size(0);
        Tensor mask = null;
        if (attnMask != null) {
            Tensor numbers = numbers(attnMask, query);
            mask = attnMask.dim() == 3 ? numbers.reshape(batch, heads, attnMask.size(1), attnMask.size(2)) : numbers;
        }
        if (keyPaddingMask != null) {
            Tensor padding = numbers(keyPaddingMask, query).reshape(batch, 1, 1, keyPaddingMask.size(1));
            mask = mask == null ? padding : mask.add(padding);
        }
        return mask;
    }

    private static Tensor numbers(Tensor mask, Tensor like) {
        if (mask.dtype() != dev.gradus.torch.DType.BOOL) {
            return mask;
        }
        var options = new dev.gradus.torch.TensorOptions(like.dtype(), like.device(), false);
        return Torch.zeros(options, mask.shape()).maskedFill(mask, Double.NEGATIVE_INFINITY);
    }
}
