package dev.gradus.diffusion.text;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.nn.LayerNorm;
import dev.gradus.torch.nn.Module;
import dev.gradus.torch.nn.Parameter;
import dev.gradus.torch.nn.TransformerEncoder;
import dev.gradus.torch.nn.TransformerEncoderLayer;
import dev.gradus.torch.nn.TransformerOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A small transformer whose tokens all see each other, except padding (Vaswani et al., "Attention Is All You Need", 2017,
 * section 3.1), normalised before each part and at the end, with learnt positions. It is trained together with the network.
 *
 * <p>Below {@code transformer} the parameters have the names of PyTorch's {@code nn.TransformerEncoder}.
 */
public final class TransformerTextEncoder extends Module implements TextEncoder {
    /** The deviations with which CLIP's text encoder begins (Radford et al., arXiv 2103.00020). */
    private static final double TOKEN_STD = 0.02;

    private static final double POSITION_STD = 0.01;

    private final TextEncoderConfig config;
    private final BytePairVocabulary vocabulary;
    private final Parameter tokenEmbedding;
    private final Parameter positionEmbedding;
    private final TransformerEncoder transformer;

    /**
     * An encoder on the CPU whose initial weights are drawn from {@code generator}.
     *
     * @param vocabulary may have fewer tokens than {@code config.vocabularySize()}
     * @throws IllegalArgumentException if it has more
     */
    public TransformerTextEncoder(TextEncoderConfig config, BytePairVocabulary vocabulary, Generator generator) {
        if (vocabulary.size() > config.vocabularySize()) {
            throw new IllegalArgumentException("the vocabulary has " + vocabulary.size()
                    + " tokens, but the configuration allows " + config.vocabularySize());
        }
        this.config = config;
        this.vocabulary = vocabulary;
        int width = config.width();
        TransformerOptions options = TransformerOptions.defaults()
                .withFeedForward(4 * width)
                .withDropout(config.dropout())
                .withGelu(true)
                .withBatchFirst(true)
                .withNormFirst(true);
        try (var _ = TensorScope.open()) {
            tokenEmbedding = registerParameter(
                    "token_embedding", Torch.empty(vocabulary.size(), width).normal_(0, TOKEN_STD, generator));
            positionEmbedding = registerParameter(
                    "position_embedding", Torch.empty(config.maxLength(), width).normal_(0, POSITION_STD, generator));
            transformer = registerModule(
                    "transformer",
                    new TransformerEncoder(
                            IntStream.range(0, config.layers())
                                    .mapToObj(
                                            i -> new TransformerEncoderLayer(width, config.heads(), options, generator))
                                    .toList(),
                            new LayerNorm(width)));
        }
    }

    /** The architecture. */
    public TextEncoderConfig config() {
        return config;
    }

    @Override
    public BytePairVocabulary vocabulary() {
        return vocabulary;
    }

    @Override
    public int maxLength() {
        return config.maxLength();
    }

    @Override
    public int width() {
        return config.width();
    }

    @Override
    public Tensor encode(TokenBatch tokens) {
        TextEncoderFolder.checkLength(tokens, config.maxLength());
        try (TensorScope scope = TensorScope.open()) {
            Tensor x = F.embedding(tokens.ids(), tokenEmbedding.get())
                    .add(positionEmbedding.get().narrow(0, 0, tokens.length()));
            return scope.promote(transformer.forward(x, null, tokens.mask().logicalNot(), false));
        }
    }

    @Override
    public Optional<Module> trainable() {
        return Optional.of(this);
    }

    @Override
    public void save(Path folder) throws IOException {
        save(folder, config, vocabulary, stateDict());
    }

    /**
     * Writes an encoder given with other weights, such as averaged ones; see {@link TextEncoder#load(Path)}.
     *
     * @throws IOException if a file cannot be written
     */
    public static void save(
            Path folder, TextEncoderConfig config, BytePairVocabulary vocabulary, Map<String, Tensor> weights)
            throws IOException {
        TextEncoderFolder.save(folder, config, vocabulary, weights);
    }
}
