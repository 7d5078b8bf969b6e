"""Makes resources/nn/layers.safetensors: what the layers and losses of torch.nn answer, and their gradients.

    pip install torch==2.13.0 safetensors
    python make_nn_goldens.py ../resources/nn

Every layer is drawn from torch's generator after manual_seed(SEED), so the file shows also that the initialisation is
the same. Inputs are fractions that float32 holds exactly, a function of shape and position. Of each layer the file has
its initial parameters, the output, and the gradients of sum(output * numbers) with respect to inputs and parameters,
and, in the metadata, how it prints.
"""
import sys

import torch
from safetensors.torch import save_file
from torch import nn

SEED = 11


def numbers(*shape, seed=0):
    n = 1
    for size in shape:
        n *= size
    return (((torch.arange(n) * 37 + seed * 101) % 257 - 128).float() / 64).reshape(shape)


def indices(*shape, below):
    n = 1
    for size in shape:
        n *= size
    return ((torch.arange(n) * 7 + 3) % below).reshape(shape)


x1, x2, x3 = (2, 4, 9), (2, 4, 6, 7), (1, 4, 4, 5, 3)

PADDED = indices(2, 5, below=4) == 0
HIDDEN = numbers(3, 5) > 1

# How to make a layer, the shapes of its inputs, and how to call it, where that is not by its inputs.
LAYERS = {
    # activations
    **{name: (lambda name=name: getattr(nn, name)(), [(3, 7)]) for name in (
        "ReLU ReLU6 GELU SiLU Mish Tanh Sigmoid LogSigmoid Hardsigmoid Hardswish Hardtanh LeakyReLU ELU SELU CELU Softplus "
        "Softshrink Hardshrink Tanhshrink Softsign PReLU").split()},
    "GELU.tanh": (lambda: nn.GELU(approximate="tanh"), [(3, 7)]),
    "Threshold": (lambda: nn.Threshold(0.5, -0.25), [(3, 7)]),
    "GLU": (lambda: nn.GLU(1), [(3, 6)]),
    "Softmax": (lambda: nn.Softmax(1), [(3, 7)]),
    "Softmin": (lambda: nn.Softmin(1), [(3, 7)]),
    "LogSoftmax": (lambda: nn.LogSoftmax(-1), [(3, 7)]),
    # shapes
    "Flatten": (lambda: nn.Flatten(), [x2]),
    "PixelShuffle": (lambda: nn.PixelShuffle(2), [x2]),
    "PixelUnshuffle": (lambda: nn.PixelUnshuffle(3), [(1, 2, 6, 3)]),
    "ChannelShuffle": (lambda: nn.ChannelShuffle(2), [x2]),
    "ZeroPad1d": (lambda: nn.ZeroPad1d((0, 2)), [x1]),
    "ZeroPad2d": (lambda: nn.ZeroPad2d(1), [x2]),
    "ZeroPad3d": (lambda: nn.ZeroPad3d((0, 1, 2, 0, 0, 1)), [(1, 1, 2, 2, 2)]),
    "ReflectionPad1d": (lambda: nn.ReflectionPad1d(2), [x1]),
    "ReflectionPad2d": (lambda: nn.ReflectionPad2d((1, 2, 0, 3)), [x2]),
    "ReflectionPad3d": (lambda: nn.ReflectionPad3d(1), [(1, 1, 2, 2, 2)]),
    "ReplicationPad1d": (lambda: nn.ReplicationPad1d((3, 1)), [x1]),
    "ReplicationPad2d": (lambda: nn.ReplicationPad2d(1), [x2]),
    "ReplicationPad3d": (lambda: nn.ReplicationPad3d(1), [(1, 1, 2, 2, 2)]),
    "CircularPad1d": (lambda: nn.CircularPad1d((3, 1)), [x1]),
    "CircularPad2d": (lambda: nn.CircularPad2d(1), [x2]),
    "CircularPad3d": (lambda: nn.CircularPad3d(1), [(1, 1, 2, 2, 2)]),
    "ConstantPad1d": (lambda: nn.ConstantPad1d((3, 1), 0.5), [x1]),
    "ConstantPad2d": (lambda: nn.ConstantPad2d(1, -2.0), [x2]),
    "ConstantPad3d": (lambda: nn.ConstantPad3d(1, 1.5), [(1, 1, 2, 2, 2)]),
    "Identity": (lambda: nn.Identity(), [(3, 7)]),
    "Upsample": (lambda: nn.Upsample(scale_factor=2.0), [x1]),
    "Upsample.bilinear": (lambda: nn.Upsample(size=(9, 4), mode="bilinear", align_corners=True), [x2]),
    "Upsample.bicubic": (lambda: nn.Upsample(scale_factor=1.5, mode="bicubic"), [x2]),
    "Upsample.trilinear": (lambda: nn.Upsample(scale_factor=2.0, mode="trilinear"), [(1, 1, 2, 2, 2)]),
    # linear maps and convolutions
    "Linear": (lambda: nn.Linear(4, 3), [(5, 4)]),
    "Linear.nobias": (lambda: nn.Linear(4, 3, bias=False), [(2, 5, 4)]),
    "Bilinear": (lambda: nn.Bilinear(3, 2, 4), [(5, 3), (5, 2)]),
    "Conv1d": (lambda: nn.Conv1d(4, 6, 3, stride=2, padding=1, dilation=2, groups=2), [x1]),
    "Conv1d.same": (lambda: nn.Conv1d(4, 2, 4, padding="same", dilation=2), [x1]),
    "Conv2d": (lambda: nn.Conv2d(4, 3, (3, 2), stride=(2, 1), padding=(1, 0)), [x2]),
    "Conv2d.reflect": (lambda: nn.Conv2d(4, 3, 3, padding=2, padding_mode="reflect", bias=False), [x2]),
    "Conv2d.circular": (lambda: nn.Conv2d(4, 2, (2, 4), padding="same", padding_mode="circular"), [x2]),
    "Conv3d": (lambda: nn.Conv3d(4, 2, 2, padding=(0, 1, 1)), [x3]),
    "ConvTranspose1d": (lambda: nn.ConvTranspose1d(4, 6, 3, stride=3, padding=1, output_padding=2, groups=2), [x1]),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(4, 3, (3, 2), stride=2, dilation=2), [(2, 4, 3, 2)]),
    "ConvTranspose3d": (lambda: nn.ConvTranspose3d(4, 2, 2, bias=False), [(1, 4, 2, 3, 2)]),
    # pools
    "MaxPool1d": (lambda: nn.MaxPool1d(3, stride=2, padding=1), [x1]),
    "MaxPool2d": (lambda: nn.MaxPool2d(2), [x2]),
    "MaxPool2d.all": (lambda: nn.MaxPool2d((3, 2), stride=(2, 3), padding=(1, 0), dilation=(1, 2), ceil_mode=True), [x2]),
    "MaxPool3d": (lambda: nn.MaxPool3d(2, 1), [x3]),
    "AvgPool1d": (lambda: nn.AvgPool1d(3, padding=1), [x1]),
    "AvgPool2d": (lambda: nn.AvgPool2d((3, 2), stride=2, padding=1, ceil_mode=True, count_include_pad=False), [x2]),
    "AvgPool3d": (lambda: nn.AvgPool3d(2), [x3]),
    "AdaptiveAvgPool1d": (lambda: nn.AdaptiveAvgPool1d(4), [x1]),
    "AdaptiveAvgPool2d": (lambda: nn.AdaptiveAvgPool2d((4, 3)), [x2]),
    "AdaptiveAvgPool3d": (lambda: nn.AdaptiveAvgPool3d(2), [x3]),
    "AdaptiveMaxPool1d": (lambda: nn.AdaptiveMaxPool1d(4), [x1]),
    "AdaptiveMaxPool2d": (lambda: nn.AdaptiveMaxPool2d(3), [x2]),
    "MaxUnpool1d": (
        lambda: nn.MaxUnpool1d(3, padding=1), [(2, 4, 7)],
        lambda m, x: m(*nn.functional.max_pool1d(x, 3, padding=1, return_indices=True))),
    "MaxUnpool2d": (
        lambda: nn.MaxUnpool2d((2, 3)), [(2, 4, 6, 6)],
        lambda m, x: m(*nn.functional.max_pool2d(x, (2, 3), return_indices=True))),
    "MaxUnpool3d": (
        lambda: nn.MaxUnpool3d(2, stride=1), [x3],
        lambda m, x: m(*nn.functional.max_pool3d(x, 2, 1, return_indices=True))),
    "Unfold": (lambda: nn.Unfold(2), [x2]),
    "Unfold.all": (lambda: nn.Unfold((3, 2), dilation=(1, 2), padding=1, stride=(2, 1)), [x2]),
    "Unfold.unbatched": (lambda: nn.Unfold(3, padding=(1, 0)), [(4, 6, 7)]),
    "Fold": (lambda: nn.Fold((4, 5), 2), [(2, 8, 12)]),
    "Fold.all": (lambda: nn.Fold(5, (2, 3), dilation=2, padding=1, stride=2), [(6, 6)]),
    # normalisations; those that average run once before
    "BatchNorm1d": (lambda: nn.BatchNorm1d(4), [(5, 4)]),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(4, momentum=0.3), [x2]),
    "BatchNorm2d.mean": (lambda: nn.BatchNorm2d(4, momentum=None, affine=False), [x2]),
    "BatchNorm2d.eval": (lambda: trained(nn.BatchNorm2d(4), x2).eval(), [x2]),
    "BatchNorm3d": (lambda: nn.BatchNorm3d(4, eps=1e-3, track_running_stats=False), [x3]),
    "InstanceNorm1d": (lambda: nn.InstanceNorm1d(4), [x1]),
    "InstanceNorm2d": (lambda: nn.InstanceNorm2d(4, affine=True, track_running_stats=True), [x2]),
    "InstanceNorm3d": (lambda: nn.InstanceNorm3d(4), [x3]),
    "InstanceNorm1d.unbatched": (lambda: nn.InstanceNorm1d(4, affine=True), [(4, 9)]),
    "InstanceNorm2d.unbatched": (lambda: nn.InstanceNorm2d(4, track_running_stats=True), [(4, 6, 7)]),
    "InstanceNorm3d.unbatched": (lambda: nn.InstanceNorm3d(4), [(4, 4, 5, 3)]),
    "LocalResponseNorm": (lambda: nn.LocalResponseNorm(2), [x2]),
    "LocalResponseNorm.all": (lambda: nn.LocalResponseNorm(3, alpha=0.5, beta=0.5, k=2.0), [x1]),
    "LocalResponseNorm.3d": (lambda: nn.LocalResponseNorm(4, alpha=0.25), [x3]),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4), [x2]),
    "GroupNorm.plain": (lambda: nn.GroupNorm(4, 4, affine=False), [x1]),
    "LayerNorm": (lambda: nn.LayerNorm((6, 7)), [x2]),
    "LayerNorm.nobias": (lambda: nn.LayerNorm(9, eps=1e-3, bias=False), [x1]),
    "RMSNorm": (lambda: nn.RMSNorm(9), [x1]),
    "RMSNorm.eps": (lambda: nn.RMSNorm((6, 7), eps=0.1, elementwise_affine=False), [x2]),
    # sequences
    "LSTM": (lambda: nn.LSTM(4, 3), [(5, 2, 4)]),
    "LSTM.all": (lambda: nn.LSTM(4, 3, num_layers=2, batch_first=True, bidirectional=True, bias=False), [(2, 5, 4)]),
    "GRU": (lambda: nn.GRU(4, 3, num_layers=2, bidirectional=True), [(5, 2, 4)]),
    "RNN": (lambda: nn.RNN(4, 3), [(5, 2, 4)]),
    "RNN.relu": (lambda: nn.RNN(4, 3, nonlinearity="relu", batch_first=True), [(2, 5, 4)]),
    "LSTM.projection": (lambda: nn.LSTM(4, 5, num_layers=2, proj_size=3, bidirectional=True), [(5, 2, 4)]),
    "LSTM.unbatched": (lambda: nn.LSTM(4, 3), [(5, 4)]),
    "LSTM.states": (lambda: nn.LSTM(4, 3, proj_size=2), [(5, 4), (1, 2), (1, 3)], lambda m, x, h, c: m(x, (h, c))[1][1]),
    "GRU.unbatched": (lambda: nn.GRU(4, 3, batch_first=True), [(5, 4), (1, 3)]),
    "RNN.unbatched": (lambda: nn.RNN(4, 3), [(5, 4)]),
    "RNNCell": (lambda: nn.RNNCell(4, 3), [(2, 4), (2, 3)]),
    "RNNCell.relu": (lambda: nn.RNNCell(4, 3, bias=False, nonlinearity="relu"), [(4,)]),
    "GRUCell": (lambda: nn.GRUCell(4, 3), [(2, 4), (2, 3)]),
    "GRUCell.unbatched": (lambda: nn.GRUCell(4, 3), [(4,), (3,)]),
    "LSTMCell": (lambda: nn.LSTMCell(4, 3), [(2, 4), (2, 3), (2, 3)], lambda m, x, h, c: m(x, (h, c))),
    "LSTMCell.unbatched": (lambda: nn.LSTMCell(4, 3, bias=False), [(4,)], lambda m, x: m(x)[1]),
    "MultiheadAttention.dims": (
        lambda: nn.MultiheadAttention(6, 2, kdim=4, vdim=5), [(3, 2, 6), (5, 2, 4), (5, 2, 5)]),
    "MultiheadAttention.values": (
        lambda: nn.MultiheadAttention(6, 2, bias=False, vdim=5, batch_first=True), [(2, 3, 6), (2, 5, 6), (2, 5, 5)]),
    "MultiheadAttention": (lambda: nn.MultiheadAttention(6, 2, batch_first=True), [(2, 3, 6), (2, 5, 6), (2, 5, 6)]),
    "TransformerEncoderLayer": (lambda: nn.TransformerEncoderLayer(6, 2, 8, dropout=0.0), [(4, 2, 6)]),
    "TransformerEncoderLayer.all": (
        lambda: nn.TransformerEncoderLayer(6, 3, 8, dropout=0.0, activation="gelu", batch_first=True, norm_first=True),
        [(2, 4, 6)]),
    "MultiheadAttention.masks": (
        lambda: nn.MultiheadAttention(6, 2, bias=False), [(3, 2, 6), (5, 2, 6), (5, 2, 6)],
        lambda m, *x: m(*x, key_padding_mask=PADDED, attn_mask=HIDDEN)[0]),
    "MultiheadAttention.weights": (
        lambda: nn.MultiheadAttention(6, 3), [(3, 2, 6), (5, 2, 6), (5, 2, 6)],
        lambda m, *x: m(*x, key_padding_mask=PADDED, attn_mask=HIDDEN.expand(6, 3, 5))[1]),
    "TransformerEncoder": (
        lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2, 8, dropout=0.0), 1, nn.LayerNorm(6),
                                      enable_nested_tensor=False),
        [(3, 2, 6)], lambda m, x: m(x, mask=torch.ones(3, 3).triu(1).bool(), is_causal=True)),
    "TransformerDecoderLayer": (
        lambda: nn.TransformerDecoderLayer(6, 2, 8, dropout=0.0), [(3, 2, 6), (5, 2, 6)],
        lambda m, x, y: m(x, y, memory_mask=HIDDEN, memory_key_padding_mask=PADDED)),
    "TransformerDecoderLayer.causal": (
        lambda: nn.TransformerDecoderLayer(6, 3, 8, dropout=0.0, batch_first=True, norm_first=True),
        [(2, 3, 6), (2, 5, 6)], lambda m, x, y: m(x, y, tgt_mask=torch.ones(3, 3).triu(1).bool(), tgt_is_causal=True)),
    "Embedding.padding": (lambda: nn.Embedding(5, 4, padding_idx=3), [], lambda m: m(indices(2, 3, below=5))),
    # drawn from the default generator, just after the seed
    **{name: (lambda name=name: getattr(nn, name)(0.4), [shape]) for name, shape in {
        "Dropout": (3, 7), "Dropout1d": x1, "Dropout2d": x2, "Dropout3d": x3, "AlphaDropout": (3, 7),
        "FeatureAlphaDropout": x2}.items()},
    "Dropout.eval": (lambda: nn.Dropout(0.4).eval(), [(3, 7)]),
    # losses of elements
    **{name: (lambda name=name: getattr(nn, name)(), [(3, 7), (3, 7)]) for name in
       "MSELoss L1Loss SmoothL1Loss HuberLoss CosineSimilarity PairwiseDistance".split()},
    "HuberLoss.sum": (lambda: nn.HuberLoss(reduction="sum", delta=0.5), [(3, 7), (3, 7)]),
    "SmoothL1Loss.none": (lambda: nn.SmoothL1Loss(reduction="none", beta=0.25), [(3, 7), (3, 7)]),
    "TripletMarginLoss": (lambda: nn.TripletMarginLoss(), [(3, 7), (3, 7), (3, 7)]),
    "TripletMarginLoss.all": (lambda: nn.TripletMarginLoss(0.5, 1.0, swap=True, reduction="none"), [(3, 7), (3, 7), (3, 7)]),
}

CLASSES, BITS, SIGNS = indices(4, below=5), (indices(3, 7, below=3) == 0).float(), indices(3, below=2).float() * 2 - 1
CLASSES_IGNORED = torch.where(torch.arange(4) == 2, -100, CLASSES)
WEIGHT = torch.arange(1, 6).float() / 4

# Losses whose targets are not numbers: the function of the first input, or of the two that it compares.
TARGETED = {
    "CrossEntropyLoss": (lambda x: nn.CrossEntropyLoss()(x, CLASSES), [(4, 5)]),
    "CrossEntropyLoss.all": (
        lambda x: nn.CrossEntropyLoss(WEIGHT, label_smoothing=0.2)(x, CLASSES_IGNORED), [(4, 5)]),
    "CrossEntropyLoss.probabilities": (lambda x: nn.CrossEntropyLoss()(x, numbers(4, 5, seed=9).softmax(1)), [(4, 5)]),
    "NLLLoss": (lambda x: nn.NLLLoss(WEIGHT)(x.log_softmax(1), CLASSES_IGNORED), [(4, 5)]),
    "BCELoss": (lambda x: nn.BCELoss()(x.sigmoid(), BITS), [(3, 7)]),
    "BCEWithLogitsLoss": (
        lambda x: nn.BCEWithLogitsLoss(pos_weight=torch.arange(1, 8).float())(x, BITS), [(3, 7)]),
    "KLDivLoss": (lambda x: nn.KLDivLoss(reduction="sum")(x.log_softmax(1), numbers(3, 7, seed=9).softmax(1)), [(3, 7)]),
    "KLDivLoss.log": (lambda x: nn.KLDivLoss(log_target=True)(x, numbers(3, 7, seed=9)), [(3, 7)]),
    "PoissonNLLLoss": (lambda x: nn.PoissonNLLLoss()(x, indices(3, 7, below=9).float()), [(3, 7)]),
    "PoissonNLLLoss.full": (lambda x: nn.PoissonNLLLoss(full=True)(x, indices(3, 7, below=9).float()), [(3, 7)]),
    "GaussianNLLLoss": (lambda x, v: nn.GaussianNLLLoss(full=True)(x, BITS, v.abs()), [(3, 7), (3, 7)]),
    "HingeEmbeddingLoss": (lambda x: nn.HingeEmbeddingLoss(0.5)(x, BITS * 2 - 1), [(3, 7)]),
    "SoftMarginLoss": (lambda x: nn.SoftMarginLoss()(x, BITS * 2 - 1), [(3, 7)]),
    "MarginRankingLoss": (lambda x, y: nn.MarginRankingLoss(0.5)(x, y, BITS * 2 - 1), [(3, 7), (3, 7)]),
    "CosineEmbeddingLoss": (lambda x, y: nn.CosineEmbeddingLoss(0.25)(x, y, SIGNS), [(3, 7), (3, 7)]),
    "CTCLoss": (
        lambda x: nn.functional.ctc_loss(x.log_softmax(2), indices(2, 3, below=4) + 1, (6, 5), (3, 2), zero_infinity=True),
        [(6, 2, 5)]),
    "Embedding": (lambda w: nn.functional.embedding(indices(2, 3, below=5), w, padding_idx=3), [(5, 4)]),
    "normalize": (lambda x: nn.functional.normalize(x, dim=1), [(3, 7)]),
    "attention": (
        lambda q, k, v: nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True), [(2, 3, 4)] * 3),
    "attention.mask": (
        lambda q, k, v: nn.functional.scaled_dot_product_attention(q, k, v, numbers(3, 3) > -1), [(2, 3, 4)] * 3),
}

INITS = {
    "xavier_uniform": lambda w: nn.init.xavier_uniform_(w, gain=1.5),
    "xavier_normal": nn.init.xavier_normal_,
    "kaiming_uniform": lambda w: nn.init.kaiming_uniform_(w, mode="fan_out", nonlinearity="relu"),
    "kaiming_normal": lambda w: nn.init.kaiming_normal_(w, a=0.2),
    "trunc_normal": lambda w: nn.init.trunc_normal_(w, std=0.7, a=-1.0, b=0.5),
    "trunc_normal.tail": lambda w: nn.init.trunc_normal_(w, a=1.5, b=3.0),
    "orthogonal": lambda w: nn.init.orthogonal_(w, gain=2.0),
    "dirac": lambda w: nn.init.dirac_(w, groups=2),
}


def trained(layer, shape):
    layer(numbers(*shape, seed=5))
    return layer


def printed(layer):
    """But for names that Gradus has not: nothing is in place there, and the dimensions follow from the input."""
    text = str(layer).replace("NonDynamicallyQuantizableLinear", "Linear").replace(", inplace=False", "")
    return text.replace("mode='bilinear'", "mode='linear'").replace("mode='trilinear'", "mode='linear'")


def first(output):
    return output[0] if isinstance(output, tuple) else output


def run(name, call, shapes, parameters):
    inputs = [numbers(*shape, seed=i + 1).requires_grad_() for i, shape in enumerate(shapes)]
    output = first(call(*inputs))
    (output * numbers(*output.shape, seed=8)).sum().backward()
    result = {f"{name}/output": output.detach()}
    result |= {f"{name}/input.{i}": torch.zeros_like(x) if x.grad is None else x.grad for i, x in enumerate(inputs)}
    return result | {f"{name}/grad.{p}": value.grad for p, value in parameters if value.grad is not None}


def main(out):
    tensors, about = {}, {}
    for name, (make, shapes, *call) in LAYERS.items():
        torch.manual_seed(SEED)
        layer = make()
        tensors |= {f"{name}/state.{p}": value.clone() for p, value in layer.state_dict().items()}
        function = (lambda *x, call=call, layer=layer: call[0](layer, *x)) if call else layer
        tensors |= run(name, function, shapes, list(layer.named_parameters()))
        tensors |= {f"{name}/buffer.{p}": value.clone() for p, value in layer.named_buffers()}
        about[name] = printed(layer)
    for name, (call, shapes) in TARGETED.items():
        tensors |= run(name, call, shapes, [])
    for name, fill in INITS.items():
        torch.manual_seed(SEED)
        tensors[f"init.{name}"] = fill(torch.empty(6, 4, 3))
    about |= {"torch": torch.__version__.split("+")[0], "cpu": torch.backends.cpu.get_cpu_capability()}
    save_file({k: v.contiguous() for k, v in tensors.items()}, f"{out}/layers.safetensors", metadata=about)


if __name__ == "__main__":
    main(sys.argv[1])
