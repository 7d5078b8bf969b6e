package dev.gradus.diffusion.text;

import dev.gradus.diffusion.data.DataException;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.ScriptModule;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.TorchException;
import dev.gradus.torch.nn.Module;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A trained text encoder that was saved as TorchScript. It stays as it is.
 *
 * <p>Its {@code forward(ids, mask)} takes tokens (B, L) int64 and a mask (B, L) bool, true where there is no padding, and
 * answers one tensor (B, L, D) of floating point numbers; padded places may hold anything. It is called in evaluation mode.
 */
public final class ScriptTextEncoder implements TextEncoder {
    private final ScriptModule module;
    private final BytePairVocabulary vocabulary;
    private final int maxLength;
    private final int width;

    private ScriptTextEncoder(ScriptModule module, BytePairVocabulary vocabulary, int maxLength, int width) {
        this.module = module;
        this.vocabulary = vocabulary;
        this.maxLength = maxLength;
        this.width = width;
    }

    /**
     * Loads an encoder onto the CPU and tries it with captions of the least and the greatest length.
     *
     * @param file what {@code torch.jit.save} wrote
     * @param vocabulary that it was trained with
     * @param maxLength the most tokens it takes, start and end included
     * @throws IOException if it cannot be read, or answers something else than is asked for; the message names the file
     */
    public static ScriptTextEncoder load(Path file, BytePairVocabulary vocabulary, int maxLength) throws IOException {
        ScriptModule module;
        try {
            module = ScriptModule.load(file, Device.cpu()).eval();
        } catch (UncheckedIOException | TorchException e) {
            throw new DataException(file + ": no TorchScript module: " + e.getMessage(), e);
        }
        try (var _ = TensorScope.open()) {
            String all = "x".repeat(maxLength);
            Tensor one = answer(module, vocabulary.batch(List.of(""), 2));
            answer(module, vocabulary.batch(List.of("", all), maxLength));
            int width = Math.toIntExact(one.size(2));
            return new ScriptTextEncoder(module, vocabulary, maxLength, width);
        } catch (IllegalArgumentException | TorchException e) {
            module.close();
            throw new DataException(
                    file + ": must have forward(ids, mask), tokens (B, L) int64 and a mask (B, L) bool to (B, L, D)"
                            + " floating point numbers, with L up to " + maxLength + " and ids below "
                            + vocabulary.size()
                            + ": " + e.getMessage(),
                    e);
        }
    }

    private static Tensor answer(ScriptModule module, TokenBatch tokens) {
        Object answer;
        try (var _ = Autograd.noGrad()) {
            answer = module.forward(tokens.ids(), tokens.mask());
        }
        if (!(answer instanceof Tensor vectors)) {
            throw new IllegalArgumentException("it answers no tensor");
        }
        long[] shape = vectors.shape();
        if (shape.length != 3 || shape[0] != tokens.size() || shape[1] != tokens.length() || shape[2] < 1) {
            throw new IllegalArgumentException("for tokens of "
                    + Arrays.toString(tokens.ids().shape()) + " it answers a tensor of " + Arrays.toString(shape));
        }
        if (!vectors.dtype().isFloatingPoint()) {
            throw new IllegalArgumentException("it answers " + vectors.dtype());
        }
        return vectors.to(DType.FLOAT32);
    }

    @Override
    public BytePairVocabulary vocabulary() {
        return vocabulary;
    }

    @Override
    public int maxLength() {
        return maxLength;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public Tensor encode(TokenBatch tokens) {
        TextEncoderFolder.checkLength(tokens, maxLength);
        try (TensorScope scope = TensorScope.open()) {
            return scope.promote(answer(module, tokens));
        }
    }

    @Override
    public Optional<Module> trainable() {
        return Optional.empty();
    }

    @Override
    public void to(Device device) {
        module.to(device);
    }

    @Override
    public void save(Path folder) throws IOException {
        TextEncoderFolder.save(folder, module, vocabulary, maxLength);
    }

    @Override
    public void close() {
        module.close();
    }
}
