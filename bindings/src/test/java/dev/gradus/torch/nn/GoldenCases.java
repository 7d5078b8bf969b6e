package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.NeuralOps;
import dev.gradus.torch.NeuralOps.Reduction;
import dev.gradus.torch.OutputIndices;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The layers and functions of src/test/python/make_nn_goldens.py, by the names they have there. */
final class GoldenCases {
    /** A layer drawn from a generator, and how it is called. */
    record Case(Function<Generator, Module> make, Call call) {}

    /** What a layer answers to inputs. */
    interface Call {
        Tensor of(Module module, Tensor... inputs);
    }

    private static final ConvOptions PLAIN = ConvOptions.defaults();
    private static final RecurrentOptions ONE = RecurrentOptions.defaults();

    private GoldenCases() {}

    /** The numbers of the script, exact in float32. */
    static Tensor numbers(int seed, long... shape) {
        float[] values = new float[count(shape)];
        for (int i = 0; i < values.length; i++) {
            values[i] = ((i * 37 + seed * 101) % 257 - 128) / 64f;
        }
        return Torch.fromArray(values, shape);
    }

    private static Tensor indices(long below, long... shape) {
        long[] values = new long[count(shape)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i * 7 + 3) % below;
        }
        return Torch.fromArray(values, shape);
    }

    private static int count(long... shape) {
        long n = 1;
        for (long size : shape) {
            n *= size;
        }
        return (int) n;
    }

    private static int[] ints(int... values) {
        return values;
    }

    private static long[] longs(long... values) {
        return values;
    }

    /** The layers with a {@code forward} of one tensor. */
    private static Map<String, Function<Generator, Layer>> simple() {
        Map<String, Function<Generator, Layer>> cases = new LinkedHashMap<>();
        cases.put("ReLU", g -> new ReLU());
        cases.put("ReLU6", g -> new ReLU6());
        cases.put("GELU", g -> new GELU());
        cases.put("GELU.tanh", g -> new GELU(true));
        cases.put("SiLU", g -> new SiLU());
        cases.put("Mish", g -> new Mish());
        cases.put("Tanh", g -> new Tanh());
        cases.put("Sigmoid", g -> new Sigmoid());
        cases.put("LogSigmoid", g -> new LogSigmoid());
        cases.put("Hardsigmoid", g -> new Hardsigmoid());
        cases.put("Hardswish", g -> new Hardswish());
        cases.put("Hardtanh", g -> new Hardtanh());
        cases.put("LeakyReLU", g -> new LeakyReLU());
        cases.put("ELU", g -> new ELU());
        cases.put("SELU", g -> new SELU());
        cases.put("CELU", g -> new CELU());
        cases.put("Softplus", g -> new Softplus());
        cases.put("Softshrink", g -> new Softshrink());
        cases.put("Hardshrink", g -> new Hardshrink());
        cases.put("Tanhshrink", g -> new Tanhshrink());
        cases.put("Softsign", g -> new Softsign());
        cases.put("PReLU", g -> new PReLU());
        cases.put("Threshold", g -> new Threshold(0.5, -0.25));
        cases.put("GLU", g -> new GLU(1));
        cases.put("Softmax", g -> new Softmax(1));
        cases.put("Softmin", g -> new Softmin(1));
        cases.put("LogSoftmax", g -> new LogSoftmax(-1));
        cases.put("Flatten", g -> new Flatten());
        cases.put("PixelShuffle", g -> new PixelShuffle(2));
        cases.put("PixelUnshuffle", g -> new PixelUnshuffle(3));
        cases.put("ChannelShuffle", g -> new ChannelShuffle(2));
        cases.put("ZeroPad1d", g -> new ZeroPad1d(ints(0, 2)));
        cases.put("ZeroPad2d", g -> new ZeroPad2d(1));
        cases.put("ZeroPad3d", g -> new ZeroPad3d(ints(0, 1, 2, 0, 0, 1)));
        cases.put("ReflectionPad1d", g -> new ReflectionPad1d(2));
        cases.put("ReflectionPad2d", g -> new ReflectionPad2d(ints(1, 2, 0, 3)));
        cases.put("ReflectionPad3d", g -> new ReflectionPad3d(1));
        cases.put("ReplicationPad1d", g -> new ReplicationPad1d(ints(3, 1)));
        cases.put("ReplicationPad2d", g -> new ReplicationPad2d(1));
        cases.put("ReplicationPad3d", g -> new ReplicationPad3d(1));
        cases.put("CircularPad1d", g -> new CircularPad1d(ints(3, 1)));
        cases.put("CircularPad2d", g -> new CircularPad2d(1));
        cases.put("CircularPad3d", g -> new CircularPad3d(1));
        cases.put("ConstantPad1d", g -> new ConstantPad1d(ints(3, 1), 0.5));
        cases.put("ConstantPad2d", g -> new ConstantPad2d(1, -2));
        cases.put("ConstantPad3d", g -> new ConstantPad3d(1, 1.5));
        cases.put("Identity", g -> new Identity());
        cases.put("Upsample", g -> new Upsample(2));
        cases.put("Upsample.bilinear", g -> new Upsample(longs(9, 4), F.Interpolation.LINEAR, true));
        cases.put("Upsample.bicubic", g -> new Upsample(1.5, F.Interpolation.BICUBIC, false));
        cases.put("Upsample.trilinear", g -> new Upsample(2, F.Interpolation.LINEAR, false));
        cases.put("Linear", g -> new Linear(4, 3, g));
        cases.put("Linear.nobias", g -> new Linear(4, 3, false, g));
        cases.put(
                "Conv1d",
                g -> new Conv1d(
                        4,
                        6,
                        3,
                        ConvOptions.stride(2).withPadding(1).withDilation(2).withGroups(2),
                        g));
        cases.put("Conv1d.same", g -> new Conv1d(4, 2, 4, ConvOptions.same().withDilation(2), g));
        cases.put(
                "Conv2d",
                g -> new Conv2d(4, 3, ints(3, 2), ConvOptions.stride(2, 1).withPadding(1, 0), g));
        cases.put(
                "Conv2d.reflect",
                g -> new Conv2d(
                        4,
                        3,
                        3,
                        ConvOptions.padding(2)
                                .withPaddingMode(PaddingMode.REFLECT)
                                .withBias(false),
                        g));
        cases.put(
                "Conv2d.circular",
                g -> new Conv2d(4, 2, ints(2, 4), ConvOptions.same().withPaddingMode(PaddingMode.CIRCULAR), g));
        cases.put("Conv3d", g -> new Conv3d(4, 2, 2, ConvOptions.padding(0, 1, 1), g));
        cases.put(
                "ConvTranspose1d",
                g -> new ConvTranspose1d(
                        4,
                        6,
                        3,
                        ConvOptions.stride(3)
                                .withPadding(1)
                                .withOutputPadding(2)
                                .withGroups(2),
                        g));
        cases.put(
                "ConvTranspose2d",
                g -> new ConvTranspose2d(4, 3, ints(3, 2), ConvOptions.stride(2).withDilation(2), g));
        cases.put("ConvTranspose3d", g -> new ConvTranspose3d(4, 2, 2, PLAIN.withBias(false), g));
        cases.put("MaxPool1d", g -> new MaxPool1d(3, 2, 1));
        cases.put("MaxPool2d", g -> new MaxPool2d(2));
        cases.put("MaxPool2d.all", g -> new MaxPool2d(ints(3, 2), ints(2, 3), ints(1, 0), ints(1, 2), true));
        cases.put("MaxPool3d", g -> new MaxPool3d(2, 1));
        cases.put("AvgPool1d", g -> new AvgPool1d(3, 3, 1));
        cases.put("AvgPool2d", g -> new AvgPool2d(ints(3, 2), ints(2), ints(1), true, false));
        cases.put("AvgPool3d", g -> new AvgPool3d(2));
        cases.put("AdaptiveAvgPool1d", g -> new AdaptiveAvgPool1d(4));
        cases.put("AdaptiveAvgPool2d", g -> new AdaptiveAvgPool2d(ints(4, 3)));
        cases.put("AdaptiveAvgPool3d", g -> new AdaptiveAvgPool3d(2));
        cases.put("AdaptiveMaxPool1d", g -> new AdaptiveMaxPool1d(4));
        cases.put("AdaptiveMaxPool2d", g -> new AdaptiveMaxPool2d(3));
        cases.put("Unfold", g -> new Unfold(2));
        cases.put("Unfold.all", g -> new Unfold(ints(3, 2), ints(1, 2), ints(1), ints(2, 1)));
        cases.put("Unfold.unbatched", g -> new Unfold(ints(3), ints(1), ints(1, 0), ints(1)));
        cases.put("Fold", g -> new Fold(ints(4, 5), ints(2), ints(1), ints(0), ints(1)));
        cases.put("Fold.all", g -> new Fold(ints(5), ints(2, 3), ints(2), ints(1), ints(2)));
        cases.put(
                "InstanceNorm1d.unbatched",
                g -> new InstanceNorm1d(4, NormOptions.instance().withAffine(true)));
        cases.put(
                "InstanceNorm2d.unbatched",
                g -> new InstanceNorm2d(4, NormOptions.instance().withTrackRunningStats(true)));
        cases.put("InstanceNorm3d.unbatched", g -> new InstanceNorm3d(4));
        cases.put("LocalResponseNorm", g -> new LocalResponseNorm(2));
        cases.put("LocalResponseNorm.all", g -> new LocalResponseNorm(3, 0.5, 0.5, 2));
        cases.put("LocalResponseNorm.3d", g -> new LocalResponseNorm(4, 0.25));
        cases.put("BatchNorm1d", g -> new BatchNorm1d(4));
        cases.put("BatchNorm2d", g -> new BatchNorm2d(4, NormOptions.batch().withMomentum(0.3)));
        cases.put(
                "BatchNorm2d.mean",
                g -> new BatchNorm2d(
                        4, NormOptions.batch().withMomentum(Double.NaN).withAffine(false)));
        cases.put("BatchNorm2d.eval", g -> {
            BatchNorm2d norm = new BatchNorm2d(4);
            norm.forward(numbers(5, 2, 4, 6, 7));
            norm.eval();
            return norm;
        });
        cases.put(
                "BatchNorm3d",
                g -> new BatchNorm3d(4, NormOptions.batch().withEps(1e-3).withTrackRunningStats(false)));
        cases.put("InstanceNorm1d", g -> new InstanceNorm1d(4));
        cases.put(
                "InstanceNorm2d",
                g -> new InstanceNorm2d(
                        4, NormOptions.instance().withAffine(true).withTrackRunningStats(true)));
        cases.put("InstanceNorm3d", g -> new InstanceNorm3d(4));
        cases.put("GroupNorm", g -> new GroupNorm(2, 4));
        cases.put("GroupNorm.plain", g -> new GroupNorm(4, 4, 1e-5, false));
        cases.put("LayerNorm", g -> new LayerNorm(6, 7));
        cases.put("LayerNorm.nobias", g -> new LayerNorm(longs(9), 1e-3, true, false));
        cases.put("RMSNorm", g -> new RMSNorm(9));
        cases.put("RMSNorm.eps", g -> new RMSNorm(longs(6, 7), 0.1, false));
        cases.put("Dropout", g -> new Dropout(0.4));
        cases.put("Dropout1d", g -> new Dropout1d(0.4));
        cases.put("Dropout2d", g -> new Dropout2d(0.4));
        cases.put("Dropout3d", g -> new Dropout3d(0.4));
        cases.put("AlphaDropout", g -> new AlphaDropout(0.4));
        cases.put("FeatureAlphaDropout", g -> new FeatureAlphaDropout(0.4));
        cases.put("Dropout.eval", g -> {
            Dropout dropout = new Dropout(0.4);
            dropout.eval();
            return dropout;
        });
        TransformerOptions small =
                TransformerOptions.defaults().withFeedForward(8).withDropout(0);
        cases.put("TransformerEncoderLayer", g -> new TransformerEncoderLayer(6, 2, small, g));
        cases.put(
                "TransformerEncoderLayer.all",
                g -> new TransformerEncoderLayer(
                        6, 3, small.withGelu(true).withBatchFirst(true).withNormFirst(true), g));
        return cases;
    }

    /** Layers that answer more than a tensor, or take more, and losses. */
    static Map<String, Case> all() {
        Map<String, Case> cases = new LinkedHashMap<>();
        simple().forEach((name, make) -> cases.put(name, new Case(make::apply, (m, x) -> ((Layer) m).call(x[0]))));
        put(cases, "Bilinear", g -> new Bilinear(3, 2, 4, true, g), (m, x) -> m.forward(x[0], x[1]));
        put(
                cases,
                "LSTM",
                g -> new LSTM(4, 3, ONE, g),
                (m, x) -> m.forward(x[0]).output());
        put(
                cases,
                "LSTM.all",
                g -> new LSTM(4, 3, new RecurrentOptions(2, false, true, 0, true), g),
                (m, x) -> m.forward(x[0]).output());
        put(
                cases,
                "GRU",
                g -> new GRU(4, 3, ONE.withLayers(2).withBidirectional(true), g),
                (m, x) -> m.forward(x[0]).output());
        put(
                cases,
                "RNN",
                g -> new RNN(4, 3, RNN.Nonlinearity.TANH, ONE, g),
                (m, x) -> m.forward(x[0]).output());
        put(
                cases,
                "RNN.relu",
                g -> new RNN(4, 3, RNN.Nonlinearity.RELU, ONE.withBatchFirst(true), g),
                (m, x) -> m.forward(x[0]).output());
        recurrent(cases);
        put(
                cases,
                "MultiheadAttention.dims",
                g -> new MultiheadAttention(6, 2, 0, true, false, 4, 5, g),
                (m, x) -> m.forward(x[0], x[1], x[2]));
        put(
                cases,
                "MultiheadAttention.values",
                g -> new MultiheadAttention(6, 2, 0, false, true, 6, 5, g),
                (m, x) -> m.forward(x[0], x[1], x[2]));
        put(cases, "MaxUnpool1d", g -> new MaxUnpool1d(3, 3, 1), (m, x) -> {
            OutputIndices p = NeuralOps.maxPool1dWithIndices(x[0], longs(3), longs(3), longs(1), longs(1), false);
            return m.forward(p.output(), p.indices());
        });
        put(cases, "MaxUnpool2d", g -> new MaxUnpool2d(ints(2, 3), ints(2, 3), ints(0)), (m, x) -> {
            OutputIndices p = NeuralOps.maxPool2dWithIndices(x[0], longs(2, 3), longs(2, 3), longs(0), longs(1), false);
            return m.forward(p.output(), p.indices());
        });
        put(cases, "MaxUnpool3d", g -> new MaxUnpool3d(2, 1), (m, x) -> {
            OutputIndices p = NeuralOps.maxPool3dWithIndices(x[0], longs(2), longs(1), longs(0), longs(1), false);
            return m.forward(p.output(), p.indices());
        });
        put(
                cases,
                "MultiheadAttention",
                g -> new MultiheadAttention(6, 2, 0, true, true, g),
                (m, x) -> m.forward(x[0], x[1], x[2]));
        put(
                cases,
                "MultiheadAttention.masks",
                g -> new MultiheadAttention(6, 2, 0, false, false, g),
                (m, x) -> m.forward(x[0], x[1], x[2], padded(), hidden(), false));
        put(
                cases,
                "MultiheadAttention.weights",
                g -> new MultiheadAttention(6, 3, 0, true, false, g),
                (m, x) -> m.forwardWithWeights(x[0], x[1], x[2], padded(), hidden().expand(6, 3, 5))
                        .weights());
        put(
                cases,
                "TransformerEncoder",
                g -> new TransformerEncoder(
                        List.of(new TransformerEncoderLayer(
                                6,
                                2,
                                TransformerOptions.defaults().withFeedForward(8).withDropout(0),
                                g)),
                        new LayerNorm(6)),
                (m, x) -> m.forward(x[0], null, null, true));
        TransformerOptions small =
                TransformerOptions.defaults().withFeedForward(8).withDropout(0);
        put(
                cases,
                "TransformerDecoderLayer",
                g -> new TransformerDecoderLayer(6, 2, small, g),
                (m, x) -> m.forward(x[0], x[1], null, hidden(), null, padded(), false));
        put(
                cases,
                "TransformerDecoderLayer.causal",
                g -> new TransformerDecoderLayer(
                        6, 3, small.withBatchFirst(true).withNormFirst(true), g),
                (m, x) -> m.forward(x[0], x[1], true));
        put(cases, "Embedding.padding", g -> Embedding.withPadding(5, 4, 3, g), (m, x) -> m.forward(indices(5, 2, 3)));
        put(cases, "MSELoss", g -> new MSELoss(), (m, x) -> m.forward(x[0], x[1]));
        put(cases, "L1Loss", g -> new L1Loss(), (m, x) -> m.forward(x[0], x[1]));
        put(cases, "SmoothL1Loss", g -> new SmoothL1Loss(), (m, x) -> m.forward(x[0], x[1]));
        put(cases, "SmoothL1Loss.none", g -> new SmoothL1Loss(Reduction.NONE, 0.25), (m, x) -> m.forward(x[0], x[1]));
        put(cases, "HuberLoss", g -> new HuberLoss(), (m, x) -> m.forward(x[0], x[1]));
        put(cases, "HuberLoss.sum", g -> new HuberLoss(Reduction.SUM, 0.5), (m, x) -> m.forward(x[0], x[1]));
        put(cases, "CosineSimilarity", g -> new CosineSimilarity(), (m, x) -> m.forward(x[0], x[1]));
        put(cases, "PairwiseDistance", g -> new PairwiseDistance(), (m, x) -> m.forward(x[0], x[1]));
        put(cases, "TripletMarginLoss", g -> new TripletMarginLoss(), (m, x) -> m.forward(x[0], x[1], x[2]));
        put(
                cases,
                "TripletMarginLoss.all",
                g -> new TripletMarginLoss(0.5, 1, 1e-6, true, Reduction.NONE),
                (m, x) -> m.forward(x[0], x[1], x[2]));
        return cases;
    }

    /** Cells, projections, and sequences without a batch. */
    private static void recurrent(Map<String, Case> cases) {
        put(
                cases,
                "LSTM.projection",
                g -> new LSTM(4, 5, 3, ONE.withLayers(2).withBidirectional(true), g),
                (m, x) -> m.forward(x[0]).output());
        put(
                cases,
                "LSTM.unbatched",
                g -> new LSTM(4, 3, ONE, g),
                (m, x) -> m.forward(x[0]).output());
        put(
                cases,
                "LSTM.states",
                g -> new LSTM(4, 3, 2, ONE, g),
                (m, x) -> m.forward(x[0], x[1], x[2]).cell());
        put(
                cases,
                "GRU.unbatched",
                g -> new GRU(4, 3, ONE.withBatchFirst(true), g),
                (m, x) -> m.forward(x[0], x[1]).output());
        RNN.Nonlinearity tanh = RNN.Nonlinearity.TANH;
        put(
                cases,
                "RNN.unbatched",
                g -> new RNN(4, 3, tanh, ONE, g),
                (m, x) -> m.forward(x[0]).output());
        put(cases, "RNNCell", g -> new RNNCell(4, 3, true, tanh, g), (m, x) -> m.forward(x[0], x[1]));
        put(cases, "RNNCell.relu", g -> new RNNCell(4, 3, false, RNN.Nonlinearity.RELU, g), (m, x) -> m.forward(x[0]));
        put(cases, "GRUCell", g -> new GRUCell(4, 3, true, g), (m, x) -> m.forward(x[0], x[1]));
        put(cases, "GRUCell.unbatched", g -> new GRUCell(4, 3, true, g), (m, x) -> m.forward(x[0], x[1]));
        put(
                cases,
                "LSTMCell",
                g -> new LSTMCell(4, 3, true, g),
                (m, x) -> m.forward(x[0], x[1], x[2]).hidden());
        put(
                cases,
                "LSTMCell.unbatched",
                g -> new LSTMCell(4, 3, false, g),
                (m, x) -> m.forward(x[0]).cell());
    }

    private interface TypedCall<M> {
        Tensor of(M module, Tensor... inputs);
    }

    @SuppressWarnings("unchecked")
    private static <M extends Module> void put(
            Map<String, Case> cases, String name, Function<Generator, M> make, TypedCall<M> call) {
        cases.put(name, new Case(make::apply, (module, inputs) -> call.of((M) module, inputs)));
    }

    private interface Targeted {
        Tensor of(Tensor... inputs);
    }

    /** Functions without parameters, whose targets are made here. */
    static Map<String, Function<Tensor[], Tensor>> functions() {
        Map<String, Targeted> cases = new LinkedHashMap<>();
        cases.put("CrossEntropyLoss", x -> with(new CrossEntropyLoss(), l -> l.forward(x[0], indices(5, 4))));
        cases.put(
                "CrossEntropyLoss.all",
                x -> with(new CrossEntropyLoss(weight(), -100, Reduction.MEAN, 0.2), l -> l.forward(x[0], ignoring())));
        cases.put(
                "CrossEntropyLoss.probabilities",
                x -> F.crossEntropy(x[0], numbers(9, 4, 5).softmax(1)));
        cases.put("NLLLoss", x -> with(new NLLLoss(weight()), l -> l.forward(x[0].logSoftmax(1), ignoring())));
        cases.put("BCELoss", x -> with(new BCELoss(), l -> l.forward(x[0].sigmoid(), bits())));
        cases.put(
                "BCEWithLogitsLoss",
                x -> with(
                        new BCEWithLogitsLoss(null, Reduction.MEAN, Torch.tensor(1f, 2f, 3f, 4f, 5f, 6f, 7f)),
                        l -> l.forward(x[0], bits())));
        cases.put(
                "KLDivLoss",
                x -> with(
                        new KLDivLoss(Reduction.SUM),
                        l -> l.forward(x[0].logSoftmax(1), numbers(9, 3, 7).softmax(1))));
        cases.put(
                "KLDivLoss.log",
                x -> with(new KLDivLoss(Reduction.MEAN, true), l -> l.forward(x[0], numbers(9, 3, 7))));
        cases.put("PoissonNLLLoss", x -> with(new PoissonNLLLoss(), l -> l.forward(x[0], counts())));
        cases.put("PoissonNLLLoss.full", x -> with(new PoissonNLLLoss(true, true), l -> l.forward(x[0], counts())));
        cases.put("GaussianNLLLoss", x -> with(new GaussianNLLLoss(true), l -> l.forward(x[0], bits(), x[1].abs())));
        cases.put("HingeEmbeddingLoss", x -> with(new HingeEmbeddingLoss(0.5), l -> l.forward(x[0], signs())));
        cases.put("SoftMarginLoss", x -> with(new SoftMarginLoss(), l -> l.forward(x[0], signs())));
        cases.put("MarginRankingLoss", x -> with(new MarginRankingLoss(0.5), l -> l.forward(x[0], x[1], signs())));
        cases.put(
                "CosineEmbeddingLoss",
                x -> with(
                        new CosineEmbeddingLoss(0.25),
                        l -> l.forward(
                                x[0],
                                x[1],
                                indices(2, 3)
                                        .to(dev.gradus.torch.DType.FLOAT32)
                                        .mul(2)
                                        .sub(1L))));
        cases.put(
                "CTCLoss",
                x -> F.ctcLoss(
                        x[0].logSoftmax(2),
                        indices(4, 2, 3).add(1L),
                        longs(6, 5),
                        longs(3, 2),
                        0,
                        Reduction.MEAN,
                        true));
        cases.put("Embedding", x -> F.embedding(indices(5, 2, 3), x[0], 3));
        cases.put("normalize", x -> F.normalize(x[0], 1));
        cases.put("attention", x -> F.scaledDotProductAttention(x[0], x[1], x[2], null, 0, true));
        cases.put(
                "attention.mask",
                x -> F.scaledDotProductAttention(
                        x[0], x[1], x[2], numbers(0, 3, 3).gt(-1), 0, false));
        Map<String, Function<Tensor[], Tensor>> result = new LinkedHashMap<>();
        cases.forEach((name, function) -> result.put(name, function::of));
        return result;
    }

    private static <M extends Module> Tensor with(M module, Function<M, Tensor> call) {
        try (module) {
            return call.apply(module);
        }
    }

    /** Keys that do not count, for a batch of 2. */
    private static Tensor padded() {
        return indices(4, 2, 5).eq(0L);
    }

    /** Keys that each of 3 queries does not see. */
    private static Tensor hidden() {
        return numbers(0, 3, 5).gt(1);
    }

    private static Tensor weight() {
        return Torch.tensor(0.25f, 0.5f, 0.75f, 1f, 1.25f);
    }

    private static Tensor ignoring() {
        long[] classes = indices(5, 4).toLongArray();
        classes[2] = -100;
        return Torch.tensor(classes);
    }

    private static Tensor bits() {
        return indices(3, 3, 7).eq(0L).to(dev.gradus.torch.DType.FLOAT32);
    }

    private static Tensor signs() {
        return bits().mul(2).sub(1L);
    }

    private static Tensor counts() {
        return indices(9, 3, 7).to(dev.gradus.torch.DType.FLOAT32);
    }

    /** Fills a weight (6, 4, 3). */
    static Map<String, Function<Tensor, Tensor>> inits(Generator g) {
        return Map.of(
                "xavier_uniform", w -> Init.xavierUniform_(w, 1.5, g),
                "xavier_normal", w -> Init.xavierNormal_(w, 1, g),
                "kaiming_uniform", w -> Init.kaimingUniform_(w, 0, Init.Fan.OUT, Init.Nonlinearity.RELU, g),
                "kaiming_normal", w -> Init.kaimingNormal_(w, 0.2, Init.Fan.IN, Init.Nonlinearity.LEAKY_RELU, g),
                "trunc_normal", w -> Init.truncNormal_(w, 0, 0.7, -1, 0.5, g),
                "trunc_normal.tail", w -> Init.truncNormal_(w, 0, 1, 1.5, 3, g),
                "orthogonal", w -> Init.orthogonal_(w, 2, g),
                "dirac", w -> Init.dirac_(w, 2));
    }
}
