"""The table of layers that are one function of F with options. Names, order and defaults of the options are PyTorch's."""
from dataclasses import dataclass, field


@dataclass
class Param:
    type: str  # a Java type; sizes: one number for each dimension, or one for all; buffer: a tensor or null
    name: str
    default: str  # Java; None where it must be given
    doc: str
    python: str = ""
    check: str = ""  # a Java statement, {n} is the name
    shown: bool = True

    def __post_init__(self):
        self.python = self.python or "".join("_" + c.lower() if c.isupper() else c for c in self.name)


@dataclass
class Row:
    name: str
    doc: str
    forward: str = ""  # Java, of `input` and the options; #name reads a buffer
    params: list = field(default_factory=list)
    kind: str = "function"
    base: str = "Layer"
    inputs: tuple = ("input",)
    dims: int = 0
    weight: str = ""
    defaults: str = ""
    answer: str = "The loss."  # what forward of several tensors answers
    shown: str = ""  # Java, what is printed, where it is not a list of the options


def double(name, default, doc, **more):
    return Param("double", name, default, doc, **more)


def integer(name, default, doc, **more):
    return Param("int", name, default, doc, **more)


def flag(name, default, doc, **more):
    return Param("boolean", name, default, doc, **more)


DIM = integer("dim", None, "the dimension; negative ones count from the end")
LAMBDA = double("lambda", "0.5", "at least 0")
P = double("p", "0.5", "the probability of 0, in [0, 1]", check="Sizes.probability({n})")

ACTIVATIONS = [
    Row("ReLU", "{@code max(x, 0)}.", "F.relu(input)"),
    Row("ReLU6", "{@code min(max(x, 0), 6)}.", "F.relu6(input)"),
    Row("GELU", "{@code x} times the standard normal distribution function of {@code x}: Hendrycks and Gimpel, \"Gaussian Error "
        "Linear Units\" (2016).", "F.gelu(input, tanhApproximation)",
        [flag("tanhApproximation", "false", "whether to approximate it by a hyperbolic tangent", shown=False)],
        shown="tanhApproximation ? \"approximate='tanh'\" : \"approximate='none'\""),
    Row("SiLU", "{@code x sigmoid(x)}, also known as swish.", "F.silu(input)"),
    Row("Mish", "{@code x tanh(softplus(x))}: Misra, \"Mish\" (2019).", "F.mish(input)"),
    Row("Tanh", "The hyperbolic tangent.", "F.tanh(input)"),
    Row("Sigmoid", "{@code 1 / (1 + exp(-x))}.", "F.sigmoid(input)"),
    Row("LogSigmoid", "The logarithm of the sigmoid.", "F.logSigmoid(input)"),
    Row("Hardsigmoid", "{@code min(max(x / 6 + 1 / 2, 0), 1)}.", "F.hardsigmoid(input)"),
    Row("Hardswish", "{@code x} times the hard sigmoid of {@code x}.", "F.hardswish(input)"),
    Row("Hardtanh", "{@code min(max(x, minVal), maxVal)}.", "F.hardtanh(input, minVal, maxVal)",
        [double("minVal", "-1.0", "the smallest result"), double("maxVal", "1.0", "the largest result")]),
    Row("LeakyReLU", "{@code x} where it is positive, else {@code negativeSlope x}.", "F.leakyRelu(input, negativeSlope)",
        [double("negativeSlope", "0.01", "the slope where x is negative")]),
    Row("ELU", "{@code x} where it is positive, else {@code alpha (exp(x) - 1)}: Clevert et al., \"Fast and Accurate Deep Network "
        "Learning by Exponential Linear Units\" (2016).", "F.elu(input, alpha)",
        [double("alpha", "1.0", "how far below 0 it goes")]),
    Row("SELU", "The exponential linear unit scaled such that means and variances stay: Klambauer et al., "
        "\"Self-Normalizing Neural Networks\" (2017).", "F.selu(input)"),
    Row("CELU", "{@code x} where it is positive, else {@code alpha (exp(x / alpha) - 1)}.", "F.celu(input, alpha)",
        [double("alpha", "1.0", "how far below 0 it goes")]),
    Row("Softplus", "{@code log(1 + exp(beta x)) / beta}.", "F.softplus(input, beta, threshold)",
        [double("beta", "1.0", "how sharp the bend is"),
         double("threshold", "20.0", "of {@code beta x} above which the result is {@code x}")]),
    Row("Softshrink", "{@code x} moved towards 0 by {@code lambda}, and 0 where it would cross it.",
        "F.softshrink(input, lambda)", [LAMBDA], shown='Repr.options("", lambda)'),
    Row("Hardshrink", "{@code x} where it is larger than {@code lambda} or smaller than {@code -lambda}, else 0.",
        "F.hardshrink(input, lambda)", [LAMBDA], shown='Repr.options("", lambda)'),
    Row("Tanhshrink", "{@code x - tanh(x)}.", "F.tanhshrink(input)"),
    Row("Softsign", "{@code x / (1 + |x|)}.", "F.softsign(input)"),
    Row("Threshold", "{@code x} where it is larger than {@code threshold}, else {@code value}.",
        "F.threshold(input, threshold, value)",
        [double("threshold", None, "where to cut"), double("value", None, "what is there instead")]),
    Row("GLU", "The first half of {@code dim} times the sigmoid of the second: Dauphin et al., \"Language Modeling with Gated "
        "Convolutional Networks\" (2017).", "F.glu(input, dim)",
        [integer("dim", "-1", "the dimension, of an even size")]),
    Row("Softmax", "Exponentials divided by their sum over a dimension.", "F.softmax(input, dim)", [DIM]),
    Row("Softmin", "The softmax of {@code -x}.", "F.softmin(input, dim)", [DIM]),
    Row("LogSoftmax", "The logarithm of the softmax.", "F.logSoftmax(input, dim)", [DIM]),
]

SHAPES = [
    Row("Identity", "Answers its input.", "input"),
    Row("Flatten", "Makes one dimension of several: (B, C, H, W) to (B, C H W) by default.",
        "input.flatten(startDim, endDim)",
        [integer("startDim", "1", "the first of them"), integer("endDim", "-1", "the last of them")]),
    Row("PixelShuffle", "Makes space of channels: (B, C r^2, H, W) to (B, C, H r, W r): Shi et al., \"Real-Time Single Image and "
        "Video Super-Resolution\" (2016).", "input.pixelShuffle(upscaleFactor)",
        [integer("upscaleFactor", None, "the factor r", check='Sizes.positive("{n}", {n})')]),
    Row("ChannelShuffle", "Mixes the channels of groups: (B, C, ...) seen as (B, groups, C / groups, ...) with both exchanged: "
        "Zhang et al., \"ShuffleNet\" (2018).", "input.channelShuffle(groups)",
        [integer("groups", None, "a divisor of C", check='Sizes.positive("{n}", {n})')]),
    Row("PixelUnshuffle", "Makes channels of space: (B, C, H r, W r) to (B, C r^2, H, W).",
        "input.pixelUnshuffle(downscaleFactor)",
        [integer("downscaleFactor", None, "the factor r", check='Sizes.positive("{n}", {n})')]),
]

PADS = []
for d, space in {1: "(B, C, L)", 2: "(B, C, H, W)", 3: "(B, C, D, H, W)"}.items():
    pairs = Param("sizes", "padding", None, "how many before and after, for the last dimension first; or one number for all sides")
    spread = f"Sizes.spread(padding, {2 * d})"
    for name, mode, what in [("Zero", "ZEROS", "zeros"), ("Reflection", "REFLECT", "itself, mirrored at the border"),
                             ("Replication", "REPLICATE", "the values at its border"), ("Circular", "CIRCULAR", "its other side")]:
        PADS.append(Row(f"{name}Pad{d}d", f"Surrounds {space} with {what}.", f"F.pad(input, {spread}, PaddingMode.{mode})",
                        [pairs], dims=2 * d, shown=f'Repr.options("", {spread})'))
    PADS.append(Row(f"ConstantPad{d}d", f"Surrounds {space} with a number.", f"F.pad(input, {spread}, value)",
                    [pairs, double("value", None, "the number")], dims=2 * d,
                    shown=f'Repr.options("padding", {spread}, "value", value)'))

DROPOUTS = [
    Row(name, f"In training mode {what}; in evaluation mode does nothing. Draws from the default generator of the input's "
        "device ({@link dev.gradus.torch.Torch#manualSeed}).",
        f"isTraining() && p > 0 ? F.{function}(input, p, true) : input", [P])
    for name, function, what in [
        ("Dropout", "dropout", "sets each value to 0 with a given probability and divides the others by one minus it"),
        *[(f"Dropout{d}d", "featureDropout", f"sets whole channels of {s} to 0 with a given probability and divides the "
           "others by one minus it") for d, s in [(1, "(B, C, L)"), (2, "(B, C, H, W)"), (3, "(B, C, D, H, W)")]],
        ("AlphaDropout", "alphaDropout", "does for SELU what dropout does, keeping mean and variance"),
        ("FeatureAlphaDropout", "featureAlphaDropout", "does for SELU and whole channels what dropout does"),
    ]
]

SPACES = {1: "(B, C, L)", 2: "(B, C, H, W)", 3: "(B, C, D, H, W)"}
KERNEL = Param("sizes", "kernelSize", None, "the size of a window, at least 1")
STRIDE = Param("sizes", "stride", "kernelSize", "the step between windows, at least 1")
POOL_PADDING = Param("sizes", "padding", "0", "elements before and after, at most half of the window")
CEIL = flag("ceilMode", "false", "whether a window that begins inside may end outside")
COUNT = flag("countIncludePad", "true", "whether the padding counts as zeros of the mean", shown=False)

POOLS = []
for d, space in SPACES.items():
    POOLS += [
        Row(f"MaxPool{d}d", f"The largest values of windows of {space}.",
            f"F.maxPool{d}d(input, kernelSize, stride, padding, dilation, ceilMode)",
            [KERNEL, STRIDE, POOL_PADDING,
             Param("sizes", "dilation", "1", "the distance between the elements of a window, at least 1"), CEIL], dims=d),
        Row(f"AvgPool{d}d", f"The means of windows of {space}.",
            f"F.avgPool{d}d(input, kernelSize, stride, padding, ceilMode, countIncludePad)",
            [KERNEL, STRIDE, POOL_PADDING, Param(**{**CEIL.__dict__, "shown": False}), COUNT], dims=d,
            shown='Repr.options("kernel_size", kernelSize, "stride", stride, "padding", padding)' if d == 1 else ""),
        Row(f"AdaptiveAvgPool{d}d", f"The means of as many windows of {space} as there are results.",
            f"F.adaptiveAvgPool{d}d(input, {', '.join(f'ConvOptions.at(outputSize, {i})' for i in range(d))})",
            [Param("sizes", "outputSize", None, "the size of the result, at least 1")], dims=d),
    ]
    if d < 3:
        POOLS.append(Row(
            f"AdaptiveMaxPool{d}d", f"The largest values of as many windows of {space} as there are results.",
            f"F.adaptiveMaxPool{d}d(input, {', '.join(f'ConvOptions.at(outputSize, {i})' for i in range(d))}).output()",
            [Param("sizes", "outputSize", None, "the size of the result, at least 1")], dims=d))

    unpool = ", ".join(f'"{python}", Sizes.spread({name}, {d})' for python, name in
                       [("kernel_size", "kernelSize"), ("stride", "stride"), ("padding", "padding")])
    POOLS.append(Row(
        f"MaxUnpool{d}d", f"The inverse of max pooling, to {space}: values at their places, zeros elsewhere.",
        f"F.maxUnpool{d}d(input, indices, kernelSize, stride, padding, null)", [KERNEL, STRIDE, POOL_PADDING], dims=d,
        base="Module", inputs=("input", "indices"), shown=f"Repr.options({unpool})",
        answer=f"What {{@link dev.gradus.torch.NeuralOps#maxPool{d}dWithIndices}} took from windows, back in its places."))

WINDOWS = [
    KERNEL, Param("sizes", "dilation", "1", "the distance between the elements of a window, at least 1"),
    Param("sizes", "padding", "0", "zeros before and after"), Param("sizes", "stride", "1", "the step between windows, at least 1")]
FOLDS = [
    Row("Unfold", "The windows of images (B, C, H, W), as columns (B, C kH kW, windows).",
        "F.unfold(input, kernelSize, dilation, padding, stride)", WINDOWS, dims=2),
    Row("Fold", "Images (B, C, H, W) as the sums of windows, given as columns (B, C kH kW, windows).",
        "F.fold(input, outputSize, kernelSize, dilation, padding, stride)",
        [Param("sizes", "outputSize", None, "the size of the images"), *WINDOWS], dims=2),
]

REDUCTION = Param("Reduction", "reduction", "Reduction.MEAN", "how the losses of elements become one number", shown=False)
IGNORE = Param("long", "ignoreIndex", "-100", "targets of this value do not count", shown=False)
CLASS_WEIGHT = Param("buffer", "weight", "null", "of each class (C), copied; or null", shown=False)


def loss(name, doc, forward, *params, inputs=("input", "target")):
    return Row(name, doc, forward, list(params), base="Module", inputs=inputs)


LOSSES = [
    loss("MSELoss", "The squared difference.", "F.mseLoss(input, target, reduction)", REDUCTION),
    loss("L1Loss", "The absolute difference.", "F.l1Loss(input, target, reduction)", REDUCTION),
    loss("SmoothL1Loss", "{@code d^2 / (2 beta)} where the difference is below {@code beta}, else {@code |d| - beta / 2}.",
         "F.smoothL1Loss(input, target, reduction, beta)", REDUCTION, double("beta", "1.0", "at least 0", shown=False)),
    loss("HuberLoss", "{@code d^2 / 2} where the difference is below {@code delta}, else {@code delta (|d| - delta / 2)}.",
         "F.huberLoss(input, target, reduction, delta)", REDUCTION, double("delta", "1.0", "above 0", shown=False)),
    loss("CrossEntropyLoss", "The negative logarithm of the softmax of scores (B, C, ...) at the target: (B, ...) INT64, or "
         "probabilities of the shape of the scores.",
         "F.crossEntropy(input, target, #weight, reduction, ignoreIndex, labelSmoothing)", CLASS_WEIGHT, IGNORE, REDUCTION,
         double("labelSmoothing", "0.0", "the part of the probability that is spread over all classes, in [0, 1]", shown=False)),
    loss("NLLLoss", "The negative of logarithms of probabilities (B, C, ...) at the target (B, ...) INT64.",
         "F.nllLoss(input, target, #weight, reduction, ignoreIndex)", CLASS_WEIGHT, IGNORE, REDUCTION),
    loss("BCELoss", "The cross entropy of probabilities in [0, 1] with targets in [0, 1].",
         "F.binaryCrossEntropy(input, target, #weight, reduction)",
         Param("buffer", "weight", "null", "of each element, copied; or null", shown=False), REDUCTION),
    loss("BCEWithLogitsLoss", "The cross entropy of the sigmoid of the input, without its loss of precision.",
         "F.binaryCrossEntropyWithLogits(input, target, #weight, #posWeight, reduction)",
         Param("buffer", "weight", "null", "of each element, copied; or null", shown=False), REDUCTION,
         Param("buffer", "posWeight", "null", "of the positive targets, one for each class, copied; or null", shown=False)),
    loss("KLDivLoss", "The Kullback-Leibler divergence of logarithms of probabilities, element by element.",
         "F.klDiv(input, target, reduction, logTarget)", REDUCTION,
         flag("logTarget", "false", "whether the target holds logarithms as well", shown=False)),
    loss("PoissonNLLLoss", "For counts of a Poisson distribution.",
         "F.poissonNllLoss(input, target, logInput, full, eps, reduction)",
         flag("logInput", "true", "whether the input is the logarithm of the rate", shown=False),
         flag("full", "false", "whether to add Stirling's approximation", shown=False),
         double("eps", "1e-8", "added to the rate before its logarithm", shown=False), REDUCTION),
    loss("GaussianNLLLoss", "For numbers of a normal distribution with this mean and variance.",
         "F.gaussianNllLoss(input, target, var, full, eps, reduction)",
         flag("full", "false", "whether to add the constant {@code log(2 pi) / 2}", shown=False),
         double("eps", "1e-6", "the smallest variance", shown=False), REDUCTION, inputs=("input", "target", "var")),
    loss("HingeEmbeddingLoss", "{@code input} where the target is 1, {@code max(0, margin - input)} where it is -1.",
         "F.hingeEmbeddingLoss(input, target, margin, reduction)", double("margin", "1.0", "the margin", shown=False), REDUCTION),
    loss("SoftMarginLoss", "{@code log(1 + exp(-target input))} with a target of 1 or -1.",
         "F.softMarginLoss(input, target, reduction)", REDUCTION),
    loss("MarginRankingLoss", "{@code max(0, margin - target (input1 - input2))} with a target of 1 or -1.",
         "F.marginRankingLoss(input1, input2, target, margin, reduction)",
         double("margin", "0.0", "the margin", shown=False), REDUCTION, inputs=("input1", "input2", "target")),
    loss("CosineEmbeddingLoss", "One minus the cosine of the angle where the target is 1, {@code max(0, cosine - margin)} where "
         "it is -1.", "F.cosineEmbeddingLoss(input1, input2, target, margin, reduction)",
         double("margin", "0.0", "the margin", shown=False), REDUCTION, inputs=("input1", "input2", "target")),
    loss("TripletMarginLoss", "{@code max(0, d(anchor, positive) - d(anchor, negative) + margin)}.",
         "F.tripletMarginLoss(anchor, positive, negative, margin, p, eps, swap, reduction)",
         double("margin", "1.0", "the margin", shown=False), double("p", "2.0", "the norm of the distance", shown=False),
         double("eps", "1e-6", "added to the differences", shown=False),
         flag("swap", "false", "whether the nearer of anchor and positive counts for the negative", shown=False), REDUCTION,
         inputs=("anchor", "positive", "negative")),
    loss("CosineSimilarity", "The cosine of the angle between vectors along a dimension.",
         "F.cosineSimilarity(x1, x2, dim, eps)", integer("dim", "1", "the dimension of the vectors", shown=False),
         double("eps", "1e-8", "the smallest length", shown=False), inputs=("x1", "x2")),
    loss("PairwiseDistance", "The p-norm of {@code x1 - x2 + eps} over the last dimension.",
         "F.pairwiseDistance(x1, x2, p, eps, keepdim)", double("p", "2.0", "the norm", shown=False),
         double("eps", "1e-6", "added to the difference", shown=False),
         flag("keepdim", "false", "whether the last dimension stays, with size 1", shown=False), inputs=("x1", "x2")),
]

CONVOLUTIONS = []
for d, space in SPACES.items():
    kernel = ", ".join(["kernelSize"] * d)
    CONVOLUTIONS += [
        Row(f"Conv{d}d", f"A convolution of {space}, inChannels to outChannels.", kind="convolution", base="ConvNd", dims=d,
            weight=f"(outChannels, inChannels / groups, {kernel})"),
        Row(f"ConvTranspose{d}d", f"The transpose of a convolution, of {space}, inChannels to outChannels.",
            kind="convolution", base="ConvNd", dims=d, weight=f"(inChannels, outChannels / groups, {kernel})"),
    ]

NORMS = [
    Row("LocalResponseNorm", "Divides (B, C, ...) by a power of the mean square of neighbouring channels: Krizhevsky et al., "
        "\"ImageNet Classification with Deep Convolutional Neural Networks\" (2012), section 3.3.",
        "F.localResponseNorm(input, size, alpha, beta, k)",
        [integer("size", None, "how many channels", check='Sizes.positive("{n}", {n})'),
         double("alpha", "1e-4", "the factor of the mean square"), double("beta", "0.75", "the power"),
         double("k", "1.0", "added before")],
        shown='Repr.options("", size, "alpha", alpha, "beta", beta, "k", k)'),
]
for d, space in {1: "(B, C) or (B, C, L)", 2: "(B, C, H, W)", 3: "(B, C, D, H, W)"}.items():
    NORMS += [
        Row(f"BatchNorm{d}d", f"Normalises each channel of {space} over the batch and all places: Ioffe and Szegedy, \"Batch "
            "Normalization\" (2015). In training mode by the batch, whose mean and variance it averages; in evaluation mode "
            "by these averages.", kind="norm", base="BatchNorm", dims=d, defaults="NormOptions.batch()"),
        Row(f"InstanceNorm{d}d", f"Normalises each channel of each example of {space.replace('(B, C) or ', '')} over all "
            f"places, also without B: Ulyanov et al., \"Instance Normalization\" (2016).", kind="norm", base="InstanceNorm", dims=d,
            defaults="NormOptions.instance()"),
    ]

LAYERS = ACTIVATIONS + SHAPES + PADS + DROPOUTS + POOLS + FOLDS + LOSSES + CONVOLUTIONS + NORMS
