package dev.gradus.diffusion.eval;

import dev.gradus.torch.Autograd;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.NeuralOps;
import dev.gradus.torch.ScriptModule;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.TorchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Features from a TorchScript file, such as an Inception network that {@code torch.jit.save} wrote.
 *
 * <p>Its {@code forward} is given (B, 3, S, S) float32 or uint8 and answers the features (B, D) or (B, D, 1, 1); or a tuple
 * of them and the logits (B, K) of classes, in the order that the options say; or a dict with {@code features} and, if it
 * has classes, {@code logits}. Where {@code forward} has a second parameter {@code return_features}, as in the Inception
 * file published with StyleGAN, it is true, and there are no classes.
 *
 * <p>Grey images are repeated to three channels. The name is that of the file with the start of its digest, such as {@code
 * inception@1a2b3c4d}: a file's name alone would not say what is in it.
 */
public final class ScriptFeatures implements FeatureExtractor {
    private final String name;
    private final String identity;
    private final Options options;
    private final ScriptModule module;
    private final Device device;
    private final boolean asksForFeatures;
    private int dims;
    private boolean hasProbabilities;

    /** The values of pixels that a network wants. */
    public enum Range {
        /** float32 from -1 to 1. */
        SIGNED,
        /** float32 from 0 to 1. */
        UNIT,
        /** float32 from 0 to 255. */
        BYTES,
        /** uint8 from 0 to 255. */
        UINT8,
        /** float32 from 0 to 1, less the mean and by the standard deviation of ImageNet's channels. */
        IMAGENET
    }

    /**
     * What a network wants and answers.
     *
     * @param size S: images are resized to S x S bilinearly, with smoothing where they shrink (antialiased), before anything
     *     else; 0 leaves their size
     * @param range the values of pixels
     * @param logitsFirst whether a tuple has the logits before the features
     */
    public record Options(int size, Range range, boolean logitsFirst) {
        public Options {
            if (size < 0 || size > 4096) {
                throw new IllegalArgumentException("size must be from 0 to 4096, is " + size);
            }
            if (range == null) {
                throw new IllegalArgumentException("range must be set");
            }
        }

        /** 299 x 299 from -1 to 1, features first. */
        public static Options defaults() {
            return new Options(299, Range.SIGNED, false);
        }
    }

    private ScriptFeatures(Path file, String digest, Options options, ScriptModule module, Device device) {
        String stem = file.getFileName().toString().replaceFirst("\\.[^.]*$", "");
        this.name = stem + "@" + digest.substring(0, 8);
        this.identity = Digests.of(digest, options.toString());
        this.options = options;
        this.module = module;
        this.device = device;
        this.asksForFeatures = module.schema("forward").contains("bool return_features");
    }

    /**
     * Loads a file and tries it with two black images of 32 x 32.
     *
     * @throws EvaluationException if it is no TorchScript module, or does not answer features
     */
    public static ScriptFeatures open(Path file, Options options, Device device) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new EvaluationException("there is no TorchScript file " + file);
        }
        String digest = Digests.of(file);
        ScriptModule module;
        try {
            module = ScriptModule.load(file, device).eval();
        } catch (TorchException e) {
            throw new EvaluationException(file + " is no TorchScript file (" + firstLine(e) + ")", e);
        }
        try (var _ = TensorScope.open()) {
            ScriptFeatures features = new ScriptFeatures(file, digest, options, module, device);
            Output output = features.extract(Torch.zeros(2, 3, 32, 32).sub(1));
            features.dims = Math.toIntExact(output.features().size(1));
            features.hasProbabilities = output.probabilities() != null;
            return features;
        } catch (EvaluationException e) {
            module.close();
            throw new EvaluationException(file + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            module.close();
            throw new EvaluationException(file + " has no usable forward (" + firstLine(e) + ")", e);
        }
    }

    private static String firstLine(RuntimeException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String identity() {
        return identity;
    }

    @Override
    public String description() {
        String size = options.size() == 0 ? "their own size" : options.size() + " x " + options.size();
        return dims + " features of a TorchScript network, from images of " + size + " as "
                + options.range().name().toLowerCase(Locale.ROOT);
    }

    @Override
    public int dims() {
        return dims;
    }

    @Override
    public boolean hasProbabilities() {
        return hasProbabilities;
    }

    @Override
    public Output extract(Tensor images) throws EvaluationException {
        if (images.dim() != 4 || (images.size(1) != 1 && images.size(1) != 3)) {
            throw new EvaluationException("features are of images (B, 1 or 3, H, W), not " + Matrices.shape(images));
        }
        try (var _ = Autograd.noGrad();
                TensorScope scope = TensorScope.open()) {
            Answer answer = answer(prepare(images.to(device)));
            Tensor features = features(answer.features(), images.size(0));
            Tensor probabilities = answer.logits() == null ? null : probabilities(answer.logits(), images.size(0));
            return new Output(scope.promote(features), probabilities == null ? null : scope.promote(probabilities));
        }
    }

    private Tensor prepare(Tensor images) {
        Tensor rgb = images.expand(-1, 3, -1, -1);
        if (options.size() > 0 && (rgb.size(2) != options.size() || rgb.size(3) != options.size())) {
            long[] size = {options.size(), options.size()};
            rgb = NeuralOps.upsampleBilinear2dAntialias(rgb, size, false, (double[]) null);
        }
        Tensor unit = rgb.add(1.0).mul(0.5);
        return switch (options.range()) {
            case SIGNED -> rgb;
            case UNIT -> unit;
            case BYTES -> unit.mul(255.0);
            case UINT8 -> unit.mul(255.0).round().to(DType.UINT8);
            case IMAGENET -> {
                Tensor mean =
                        Torch.tensor(0.485f, 0.456f, 0.406f).reshape(3, 1, 1).to(device);
                Tensor deviation =
                        Torch.tensor(0.229f, 0.224f, 0.225f).reshape(3, 1, 1).to(device);
                yield unit.sub(mean).div(deviation);
            }
        };
    }

    private record Answer(Object features, Object logits) {}

    private Answer answer(Tensor images) throws EvaluationException {
        Object found;
        try {
            found = asksForFeatures ? module.forward(images, true) : module.forward(images);
        } catch (TorchException e) {
            throw new EvaluationException(
                    name + " cannot take images of " + Matrices.shape(images) + " as " + images.dtype() + " ("
                            + firstLine(e) + "); does it want another size or range?",
                    e);
        }
        return switch (found) {
            case List<?> list when list.size() == 2 && options.logitsFirst() -> new Answer(list.get(1), list.get(0));
            case List<?> list when list.size() == 2 -> new Answer(list.get(0), list.get(1));
            case List<?> list when list.size() == 1 -> new Answer(list.getFirst(), null);
            case Map<?, ?> map -> new Answer(map.get("features"), map.get("logits"));
            case null, default -> new Answer(found, null);
        };
    }

    private Tensor features(Object found, long images) throws EvaluationException {
        Tensor features = matrix(found, images, "features");
        if (dims > 0 && features.size(1) != dims) {
            throw new EvaluationException(
                    name + " answered " + features.size(1) + " features for these images, but " + dims + " before");
        }
        return features;
    }

    private Tensor probabilities(Object found, long images) throws EvaluationException {
        return matrix(found, images, "logits").softmax(1);
    }

    /** (B, D), finite. */
    private Tensor matrix(Object found, long images, String what) throws EvaluationException {
        if (!(found instanceof Tensor tensor)) {
            String type = found == null ? "nothing" : "a " + found.getClass().getSimpleName();
            throw new EvaluationException(name + " answered " + type + " where its " + what + " should be");
        }
        Tensor matrix = tensor;
        while (matrix.dim() > 2 && matrix.size(-1) == 1) {
            matrix = matrix.squeeze(-1);
        }
        if (matrix.dim() != 2
                || matrix.size(0) != images
                || matrix.size(1) < 1
                || !matrix.dtype().isFloatingPoint()) {
            throw new EvaluationException(name + " answered " + Matrices.shape(tensor) + " as " + tensor.dtype()
                    + " where its " + what + " of " + images + " images should be, (" + images
                    + ", D) in floating point");
        }
        if (!matrix.isfinite().all().itemBoolean()) {
            throw new EvaluationException(name + " answered " + what + " that are not finite");
        }
        return matrix.to(DType.FLOAT32);
    }

    @Override
    public void close() {
        module.close();
    }
}
