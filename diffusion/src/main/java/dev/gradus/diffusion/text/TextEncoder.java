package dev.gradus.diffusion.text;

import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.nn.Module;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Makes vectors of captions, for a network to attend to. */
public sealed interface TextEncoder extends AutoCloseable permits TransformerTextEncoder, ScriptTextEncoder {
    /** What cuts captions into tokens. */
    BytePairVocabulary vocabulary();

    /** L, how many tokens a caption has at most, start and end included; longer ones are cut. */
    int maxLength();

    /** D, the numbers per token: the {@code crossAttentionDim} of the network. */
    int width();

    /**
     * Encodes tokens.
     *
     * @param tokens of at most {@link #maxLength()}, on the encoder's device
     * @return (B, L, D) floating point, in the scope that is open, else the caller's to close
     * @throws IllegalArgumentException if there are too many tokens
     * @throws dev.gradus.torch.TorchIndexException on the CPU, if a token is not in the vocabulary
     */
    Tensor encode(TokenBatch tokens);

    /** Captions as tokens of {@link #maxLength()}, on the CPU. */
    default TokenBatch tokens(List<String> captions) {
        return vocabulary().batch(captions, maxLength());
    }

    /** Tokens as a network takes them, with the mask of the tokens. */
    default Conditioning condition(TokenBatch tokens) {
        return Conditioning.ofText(encode(tokens), tokens.mask());
    }

    /** What is trained together with the network; empty if the encoder stays as it is. */
    Optional<Module> trainable();

    /** Moves the encoder. */
    void to(Device device);

    /**
     * Writes the encoder into a folder; see {@link #load(Path)}.
     *
     * @throws IOException if a file cannot be written
     */
    void save(Path folder) throws IOException;

    /**
     * Reads an encoder from a folder that {@link #save(Path)} wrote.
     *
     * @throws IOException if a file is missing or is not what its name says
     */
    static TextEncoder load(Path folder) throws IOException {
        return TextEncoderFolder.load(folder);
    }

    @Override
    void close();
}
