package dev.gradus.diffusion.config;

import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.model.ModelConfig;
import dev.gradus.diffusion.model.UNet2DConfig;
import java.util.regex.Pattern;

/**
 * All that determines a training run. Immutable; construction fails with a {@link ConfigException} that names the
 * dotted key of the first value at fault.
 *
 * @param model the network
 * @param init a folder with a network of the same kind and size, whose weights training begins with; null for random ones
 * @param data the training images
 * @param schedule the noise schedule
 * @param objective what the network learns to predict
 * @param sigmaData the standard deviation of the images, for EDM's preconditioning and weight
 * @param lossWeight how much each noise level counts in the loss
 * @param noise which noise levels ordinary training draws
 * @param conditioning how often training leaves out what it knows of an image
 * @param curriculum which of them are trained when
 * @param optimizer the optimizer and its learning rate
 * @param ema the averaged weights
 * @param batchSize images per step
 * @param steps training steps in the whole run
 * @param seed determines initialisation, order of the images, timesteps and noise
 * @param precision {@code bf16} and {@code fp16} run the forward pass under autocast, {@code fp16} with a loss that is scaled so
 *     that small gradients do not vanish; {@code auto} is {@code bf16} where the device has instructions for it and {@code fp32} elsewhere. Parameters,
 *     their gradients, the optimizer's state and the averages are float32 in all
 * @param kernels {@code fused} does group norm, and what is around it, in one pass over the memory; {@code pytorch} runs
 *     PyTorch's operators one after the other, whose bits are Python's
 * @param memory how a step uses memory
 * @param cuda how a GPU is used
 * @param divergence what happens when the loss is not finite
 * @param device {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}
 * @param threads threads of libtorch on the CPU; 0 leaves libtorch's choice
 * @param logEvery steps between two lines of metrics
 * @param sampleEvery steps between two pictures; 0 draws one at the end only
 * @param tensorboard whether events for TensorBoard are written, into the folder {@code tensorboard} of the run
 * @param checkpoint when checkpoints are written, and which are kept
 * @param sampling how the pictures are drawn
 */
public record TrainConfig(
        ModelConfig model,
        String init,
        DataConfig data,
        ScheduleConfig schedule,
        Objective objective,
        double sigmaData,
        LossWeightConfig lossWeight,
        NoiseConfig noise,
        ConditioningConfig conditioning,
        CurriculumConfig curriculum,
        OptimizerConfig optimizer,
        EmaConfig ema,
        int batchSize,
        int steps,
        long seed,
        Precision precision,
        Kernels kernels,
        MemoryConfig memory,
        CudaConfig cuda,
        DivergenceConfig divergence,
        String device,
        int threads,
        int logEvery,
        int sampleEvery,
        boolean tensorboard,
        CheckpointConfig checkpoint,
        SamplingConfig sampling) {
    private static final Pattern DEVICE = Pattern.compile("auto|cpu|cuda(:[0-9]{1,3})?");

    /**
     * What the network predicts: the noise epsilon, the image x0, v (Salimans and Ho, arXiv 2202.00512), the output that EDM's
     * preconditioning leaves to it (Karras et al., arXiv 2206.00364), or the tangent of the path that flow matching learns
     * (Lipman et al., arXiv 2210.02747).
     */
    public enum Objective {
        EPSILON,
        V,
        X0,
        EDM,
        FLOW
    }

    public enum Precision {
        AUTO,
        FP32,
        BF16,
        FP16
    }

    public enum Kernels {
        FUSED,
        PYTORCH
    }

    public TrainConfig {
        Check.present("model", model);
        if (init != null && init.isBlank()) {
            throw new ConfigException("init", "must name a folder, is empty");
        }
        Check.present("data", data);
        Check.present("schedule", schedule);
        Check.present("objective", objective);
        Check.positive("sigmaData", sigmaData);
        Check.present("lossWeight", lossWeight);
        Check.present("noise", noise);
        Check.present("conditioning", conditioning);
        Check.present("curriculum", curriculum);
        Check.present("optimizer", optimizer);
        Check.present("ema", ema);
        Check.range("batchSize", batchSize, 1, 1 << 20);
        Check.range("steps", steps, 1, Integer.MAX_VALUE);
        Check.present("precision", precision);
        Check.present("kernels", kernels);
        if (Check.present("memory", memory).pieces() > batchSize) {
            throw new ConfigException(
                    "memory.pieces", "must be at most batchSize, " + batchSize + ", is " + memory.pieces());
        }
        Check.present("cuda", cuda);
        Check.present("divergence", divergence);
        if (!DEVICE.matcher(Check.present("device", device)).matches()) {
            throw new ConfigException("device", "must be auto, cpu, cuda or cuda:N, is " + device);
        }
        Check.range("threads", threads, 0, 4096);
        Check.range("logEvery", logEvery, 1, Integer.MAX_VALUE);
        Check.range("sampleEvery", sampleEvery, 0, Integer.MAX_VALUE);
        Check.present("checkpoint", checkpoint);
        Check.present("sampling", sampling);
        if (schedule.isDiscrete() && curriculum.clusters() > schedule.timesteps()) {
            throw new ConfigException(
                    "curriculum.clusters",
                    "must be at most schedule.timesteps, " + schedule.timesteps() + ", is " + curriculum.clusters());
        }
        if (schedule.isDiscrete() && sampling.steps() > schedule.timesteps()) {
            throw new ConfigException(
                    "sampling.steps",
                    "must be at most schedule.timesteps, " + schedule.timesteps() + ", is " + sampling.steps());
        }
        if (conditioning.dropout() > 0 && model.numClassEmbeds() != null && !model.nullClassEmbed()) {
            throw new ConfigException(
                    "conditioning.dropout",
                    "is " + conditioning.dropout() + ", which needs a class that stands for none: set"
                            + " model.nullClassEmbed, and model.numClassEmbeds to one more than there are classes");
        }
        if (init != null && model.crossAttentionDim() != null) {
            throw new ConfigException(
                    "init", "is not supported for a network with text, whose text encoder belongs to the captions");
        }
        Integer textWidth = model.crossAttentionDim();
        if (textWidth != null
                && conditioning.textScript() == null
                && textWidth != conditioning.text().width()) {
            throw new ConfigException(
                    "conditioning.text.width",
                    "must equal model.crossAttentionDim, " + textWidth + ", is "
                            + conditioning.text().width());
        }
        if (model.inChannels() != model.outChannels()) {
            throw new ConfigException(
                    "model.outChannels",
                    "must equal model.inChannels, " + model.inChannels() + ", is " + model.outChannels());
        }
    }

    /**
     * A copy with one value changed:
     *
     * <pre>{@code
     * TrainConfig.defaults().with("optimizer.lr", 2e-3).with("curriculum.order", CurriculumConfig.Order.NONE)
     * }</pre>
     *
     * @param key dotted, as in the YAML file
     * @param value of the type of the record's component, which may be a record itself
     * @throws ConfigException if there is no such key, the value has another type, or the result is not valid
     */
    public TrainConfig with(String key, Object value) {
        return Copies.with(this, key, value);
    }

    /** The Fashion-MNIST network on Fashion-MNIST with the defaults of each part. */
    public static TrainConfig defaults() {
        return new TrainConfig(
                UNet2DConfig.fashion(),
                null,
                DataConfig.defaults(),
                ScheduleConfig.defaults(),
                Objective.V,
                0.5,
                LossWeightConfig.defaults(),
                NoiseConfig.defaults(),
                ConditioningConfig.defaults(),
                CurriculumConfig.defaults(),
                OptimizerConfig.defaults(),
                EmaConfig.defaults(),
                64,
                10_000,
                0,
                Precision.AUTO,
                Kernels.FUSED,
                MemoryConfig.defaults(),
                CudaConfig.defaults(),
                DivergenceConfig.defaults(),
                "auto",
                0,
                50,
                1000,
                false,
                CheckpointConfig.defaults(),
                SamplingConfig.defaults());
    }
}
