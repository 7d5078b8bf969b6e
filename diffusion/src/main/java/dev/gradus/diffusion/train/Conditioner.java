package dev.gradus.diffusion.train;

import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.config.ConditioningConfig;
import dev.gradus.diffusion.config.ConfigNames;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.data.Batch;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.diffusion.model.ModelConfig;
import dev.gradus.diffusion.text.BytePairVocabulary;
import dev.gradus.diffusion.text.ScriptTextEncoder;
import dev.gradus.diffusion.text.TextEncoder;
import dev.gradus.diffusion.text.TokenBatch;
import dev.gradus.diffusion.text.TransformerTextEncoder;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.nn.Module;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the network is told of the images of a batch while it trains. Owns the encoder of captions where there is one, which
 * may be trained too; its weights are named {@code text_encoder.*} among those of the network.
 */
final class Conditioner implements AutoCloseable {
    static final String PREFIX = ImageGenerator.TEXT_ENCODER + ".";

    private final ModelConfig model;
    private final double dropout;
    private final TextEncoder text; // null for a network that takes none
    private TokenBatch nothing; // the empty caption, once it was asked for

    private Conditioner(ModelConfig model, double dropout, TextEncoder text) {
        this.model = model;
        this.dropout = dropout;
        this.text = text;
    }

    /**
     * As a training begins.
     *
     * @param initial draws the weights of an encoder that is trained
     * @throws ConfigException if the network takes text and the images have none
     */
    static Conditioner of(TrainConfig config, ImageDataset dataset, Generator initial, Device device)
            throws IOException {
        ModelConfig model = config.model();
        if (model.crossAttentionDim() == null) {
            return new Conditioner(model, config.conditioning().dropout(), null);
        }
        checkCaptions(config, dataset);
        TextEncoder text = encoder(config.conditioning(), model, dataset, initial);
        text.to(device);
        return new Conditioner(model, config.conditioning().dropout(), text);
    }

    /** @throws ConfigException if the network takes text and the images have none */
    static void checkCaptions(TrainConfig config, ImageDataset dataset) {
        if (config.model().crossAttentionDim() != null && !dataset.captioned()) {
            throw new ConfigException(
                    "model.crossAttentionDim",
                    "is set, so the network takes text, but the images of data.format "
                            + ConfigNames.of(config.data().format())
                            + " have no captions; choose data with captions, or leave it out");
        }
    }

    private static TextEncoder encoder(
            ConditioningConfig config, ModelConfig model, ImageDataset dataset, Generator initial) throws IOException {
        if (config.textScript() == null) {
            List<String> captions = new ArrayList<>();
            for (long i = 0; i < dataset.size(); i++) {
                captions.add(dataset.caption(i));
            }
            BytePairVocabulary vocabulary =
                    BytePairVocabulary.train(captions, config.text().vocabularySize(), 2);
            return new TransformerTextEncoder(config.text(), vocabulary, initial);
        }
        TextEncoder script = ScriptTextEncoder.load(
                Path.of(config.textScript()),
                BytePairVocabulary.load(Path.of(config.textVocabulary())),
                config.text().maxLength());
        if (script.width() != model.crossAttentionDim()) {
            script.close();
            throw new ConfigException(
                    "model.crossAttentionDim",
                    "must be " + script.width() + ", what conditioning.textScript answers, is "
                            + model.crossAttentionDim());
        }
        return script;
    }

    /** All that is known of a batch; owned by the current scope. */
    Conditioning whole(Batch batch) {
        return of(input(batch), null);
    }

    /** What a step reads of a batch, on the device of its images; owned by the current scope. */
    StepInput input(Batch batch) {
        return new StepInput(
                batch.images(),
                batch.labels(),
                text == null
                        ? null
                        : text.tokens(batch.captions()).to(batch.images().device()));
    }

    /**
     * Draws which images of a batch are left out.
     *
     * @return (B) bool, on the device of {@code random}; null, and nothing is drawn, where none may be left out
     */
    Tensor drawLeftOut(int batch, Generator random) {
        boolean told = model.numClassEmbeds() != null || text != null;
        return told && dropout > 0
                ? Torch.rand(random, TensorOptions.of(random.device()), batch).lt(dropout)
                : null;
    }

    /**
     * What is told of a batch while training; owned by the current scope.
     *
     * @param leftOut which images are left out, from {@link #drawLeftOut}; null for none
     */
    Conditioning of(StepInput batch, Tensor leftOut) {
        Device device = batch.images().device();
        Tensor labels = model.numClassEmbeds() == null ? null : batch.labels();
        if (labels == null && text == null) {
            return Conditioning.none();
        }
        Tensor dropped = leftOut == null ? null : leftOut.to(device);
        if (labels != null && dropped != null) {
            labels = labels.maskedFill(dropped, model.nullClass());
        }
        if (text == null) {
            return Conditioning.ofLabels(labels);
        }
        TokenBatch tokens = dropped == null ? batch.tokens() : batch.tokens().replace(dropped, nothing(device));
        Conditioning encoded = text.condition(tokens);
        return new Conditioning(labels, encoded.text(), encoded.textMask());
    }

    /** The empty caption; told to the device once. */
    private TokenBatch nothing(Device device) {
        if (nothing == null) {
            try (TensorScope scope = TensorScope.open()) {
                TokenBatch made = text.tokens(List.of("")).to(device);
                nothing = new TokenBatch(scope.keep(made.ids()), scope.keep(made.mask()));
            }
        }
        return nothing;
    }

    /** Whether the encoder of captions is a file of another program, of which nothing is known. */
    boolean hasScript() {
        return text instanceof ScriptTextEncoder;
    }

    /** What is trained beside the network. */
    Map<String, Tensor> namedParameters() {
        Map<String, Tensor> named = new LinkedHashMap<>();
        if (text != null) {
            text.trainable()
                    .ifPresent(module ->
                            module.namedParameters().forEach((name, parameter) -> named.put(PREFIX + name, parameter)));
        }
        return named;
    }

    /** Training or evaluation mode of an encoder that is trained. */
    void train(boolean on) {
        if (text != null) {
            text.trainable().ifPresent(module -> module.train(on));
        }
    }

    /** The part of named weights that is the network's. */
    static Map<String, Tensor> ofNetwork(Map<String, Tensor> weights) {
        Map<String, Tensor> part = new LinkedHashMap<>(weights);
        part.keySet().removeIf(name -> name.startsWith(PREFIX));
        return part;
    }

    /** The part of named weights that is the text encoder's, by its own names. */
    static Map<String, Tensor> ofText(Map<String, Tensor> weights) {
        Map<String, Tensor> part = new LinkedHashMap<>();
        weights.forEach((name, tensor) -> {
            if (name.startsWith(PREFIX)) {
                part.put(name.substring(PREFIX.length()), tensor);
            }
        });
        return part;
    }

    /** All weights of an encoder that is trained, by the names of {@link #namedParameters}. */
    Map<String, Tensor> weights() {
        Map<String, Tensor> named = new LinkedHashMap<>();
        if (text instanceof TransformerTextEncoder encoder) {
            encoder.stateDict().forEach((name, tensor) -> named.put(PREFIX + name, tensor));
        }
        return named;
    }

    /**
     * Writes an encoder that is trained into the folder of a network, with the weights among {@code named} that are the
     * encoder's. From any thread.
     */
    void saveTrained(Path network, Map<String, Tensor> named) throws IOException {
        if (text instanceof TransformerTextEncoder encoder) {
            TransformerTextEncoder.save(
                    network.resolve(ImageGenerator.TEXT_ENCODER),
                    encoder.config(),
                    encoder.vocabulary(),
                    ofText(named));
        }
    }

    /** Writes an encoder that is not trained, once beside all networks of a checkpoint. From any thread. */
    void saveFixed(Path checkpoint) throws IOException {
        if (text instanceof ScriptTextEncoder encoder) {
            encoder.save(checkpoint.resolve(ImageGenerator.TEXT_ENCODER));
        }
    }

    /**
     * Goes on with the encoder of a checkpoint.
     *
     * @param network the folder of the weights
     * @throws RunFolderException if its vocabulary is another one
     */
    void load(Path network) throws IOException {
        if (text instanceof TransformerTextEncoder encoder) {
            try (TextEncoder saved = TextEncoder.load(network.resolve(ImageGenerator.TEXT_ENCODER))) {
                if (!saved.vocabulary().equals(encoder.vocabulary())) {
                    throw new RunFolderException("checkpoint " + network.getParent()
                            + " has another vocabulary than the captions of the data now give; restore the data, or"
                            + " choose another folder");
                }
                encoder.loadStateDict(((Module) saved).stateDict());
            }
        }
    }

    /** The averages of the encoder's weights in a folder, named as in {@link #namedParameters}; in the current scope. */
    Map<String, Tensor> loadAverages(Path network) throws IOException {
        Map<String, Tensor> averages = new LinkedHashMap<>();
        if (trainsText()) {
            try (TextEncoder average = TextEncoder.load(network.resolve(ImageGenerator.TEXT_ENCODER));
                    TensorScope scope = TensorScope.open()) {
                ((Module) average)
                        .stateDict()
                        .forEach((name, tensor) -> averages.put(
                                PREFIX + name, scope.promote(tensor.detach().clone())));
            }
        }
        return averages;
    }

    /** Whether the encoder is trained, so that its averages are other weights than its own. */
    boolean trainsText() {
        return text instanceof TransformerTextEncoder;
    }

    /**
     * The encoder with these weights, for drawing; null for a network that takes no text. It is a new one, for the caller to
     * close, if {@link #trainsText}; else it is the one that this object owns.
     */
    TextEncoder withWeights(Map<String, Tensor> weights, Device device) {
        if (!(text instanceof TransformerTextEncoder encoder)) {
            return text;
        }
        try (Generator generator = Generator.cpu(0)) {
            TransformerTextEncoder copy = new TransformerTextEncoder(encoder.config(), encoder.vocabulary(), generator);
            copy.loadStateDict(ofText(weights));
            copy.to(device);
            copy.train(false);
            return copy;
        }
    }

    @Override
    public void close() {
        if (nothing != null) {
            nothing.ids().close();
            nothing.mask().close();
        }
        if (text != null) {
            text.close();
        }
    }
}
