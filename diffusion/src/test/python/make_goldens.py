"""Makes the golden files that the Java tests compare themselves with.

    python make_goldens.py                      # rewrites ../resources/goldens
    python make_goldens.py --networks           # leaves the trajectories out
    python make_goldens.py --trajectories FILE  # only this machine's trajectories, as JSON

The Python package of the libtorch under test runs the same kernels as the Java library, so
with the same seed and the same order of operators both give the same numbers.

goldens/NAME/ holds one configuration each, laid out as `gradus parity` takes it:
    config.json, diffusion_pytorch_model.safetensors   the model, initialised from SEED
    inputs.safetensors    sample, timestep, target and, where used, class_labels, text, text_mask
    outputs.safetensors   output, loss, grad_norm, grad.PARAMETER; with dropout also train.output;
                          of a DiT also all.output, where it has more channels, and initial.PARAMETER: the mean, the
                          deviation and the first element before zeros became random numbers, which the weights hold

goldens/trajectory.json holds short training runs to be reproduced bit for bit: every loss and
gradient norm as the bits of a float32, and digests of the weights. Bits depend on the kernels
that the processor's instruction set selects, so each run is made once per instruction set that
this machine can play (each in its own process), and carries digests of the results of single
operators ("probes") by which a test knows the variant that fits the machine it runs on.
goldens/trajectory.safetensors holds some final weights of the first variant, for comparison by
tolerance on a machine that fits none.

    pip install torch==2.13.0 numpy safetensors
"""
import argparse
import hashlib
import json
import os
import platform
import struct
import subprocess
import sys
import tempfile
from collections import OrderedDict
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

# The reference UNet is among the files of the benchmark.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "main/resources/dev/gradus/diffusion/bench"))

import unet2d_text
from dit import DEFAULTS as DIT_DEFAULTS
from dit import DiT
from unet2d import DEFAULTS, UNet2D

SEED = 20_240_310  # of weights and inputs
DROPOUT_SEED = 77  # of torch's default generator, before a forward pass in training mode
RESOURCES = Path(__file__).resolve().parent.parent / "resources" / "goldens"

# Between them these use every option of unet2d.py. Channel counts are small, so that files are.
CONFIGS = {
    # attention in every block, several heads
    "attention": dict(
        sample_size=8, in_channels=3, out_channels=3, block_out_channels=(8, 16), layers_per_block=1,
        norm_num_groups=4, attention_head_dim=4,
        down_block_types=("AttnDownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "AttnUpBlock2D"),
    ),
    # the middle attention has no group norm here; one head; asymmetric padding
    "class-scale-shift": dict(
        sample_size=8, in_channels=1, out_channels=2, block_out_channels=(8, 12), layers_per_block=2,
        norm_num_groups=2, norm_eps=1e-6, attention_head_dim=None, num_class_embeds=5,
        resnet_time_scale_shift="scale_shift", center_input_sample=True, downsample_padding=0,
        flip_sin_to_cos=False, freq_shift=1,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"),
    ),
    # no attention anywhere, dropout, three levels
    "dropout": dict(
        sample_size=12, in_channels=2, out_channels=1, block_out_channels=(4, 8, 12), layers_per_block=1,
        norm_num_groups=4, dropout=0.25, add_attention=False, freq_shift=1,
        down_block_types=("DownBlock2D",) * 3, up_block_types=("UpBlock2D",) * 3,
    ),
    # one level: neither downsampling nor upsampling, so any image size, here 5 x 7
    "single-level": dict(
        sample_size=7, in_channels=2, out_channels=2, block_out_channels=(12,), layers_per_block=3,
        norm_num_groups=3, norm_eps=1e-3, attention_head_dim=6, num_class_embeds=3, flip_sin_to_cos=False,
        down_block_types=("AttnDownBlock2D",), up_block_types=("UpBlock2D",),
    ),
    # the preset's layout: attention in the middle only
    "middle-attention": dict(
        sample_size=12, in_channels=1, out_channels=1, block_out_channels=(8, 8, 16), layers_per_block=1,
        norm_num_groups=8, attention_head_dim=None, downsample_padding=0,
        down_block_types=("DownBlock2D",) * 3, up_block_types=("UpBlock2D",) * 3,
    ),
    "scale-shift-no-attention": dict(
        sample_size=6, in_channels=1, out_channels=1, block_out_channels=(6, 4), layers_per_block=1,
        norm_num_groups=2, dropout=0.5, add_attention=False, resnet_time_scale_shift="scale_shift",
        down_block_types=("DownBlock2D",) * 2, up_block_types=("UpBlock2D",) * 2,
    ),
}
# UNets with text: attention to it everywhere, or in the middle only.
TEXT_CONFIGS = {
    "text": dict(
        sample_size=8, in_channels=3, out_channels=3, block_out_channels=(8, 12), layers_per_block=1, norm_num_groups=4,
        attention_head_dim=2, cross_attention_dim=6,
        down_block_types=("CrossAttnDownBlock2D",) * 2, up_block_types=("CrossAttnUpBlock2D",) * 2,
    ),
    "text-class": dict(
        sample_size=8, in_channels=1, out_channels=1, block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2,
        attention_head_dim=4, cross_attention_dim=5, num_class_embeds=4, null_class_embed=True,
        resnet_time_scale_shift="scale_shift", downsample_padding=0,
        down_block_types=("DownBlock2D",) * 2, up_block_types=("UpBlock2D",) * 2,
    ),
}
DIT_CONFIGS = {
    "dit": dict(sample_size=6, in_channels=1, patch_size=2, hidden_size=16, depth=2, num_heads=2),
    "dit-class-sigma": dict(
        sample_size=8, in_channels=3, patch_size=4, hidden_size=8, depth=2, num_heads=4, mlp_ratio=2.5,
        num_class_embeds=6, null_class_embed=True, learn_sigma=True,
    ),
    "dit-text": dict(
        sample_size=8, in_channels=2, patch_size=2, hidden_size=12, depth=2, num_heads=3, num_class_embeds=3,
        cross_attention_dim=6,
    ),
}
NO_MASK = {"text-class"}  # elsewhere some tokens do not count
TEXT_LENGTH = 5

IMAGE_SIZES = {"single-level": (5, 7), "dropout": (8, 12)}  # elsewhere square, of sample_size

TRAJECTORY_CONFIG = dict(
    sample_size=12, in_channels=1, out_channels=1, block_out_channels=(16, 32), layers_per_block=1,
    norm_num_groups=8, attention_head_dim=8,
    down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"),
)
TRAJECTORY_STEPS, TRAJECTORY_BATCH = 20, 8

# Instruction sets to play, the machine's own first. The variables are read by ATen, oneDNN and MKL.
INSTRUCTION_SETS = [
    {},
    {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_BF16"},
    {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"},
    {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
]


def file_config(cfg):
    """The dictionary that diffusers writes for this configuration."""
    fixed = dict(
        _class_name="UNet2DModel", _diffusers_version="0.35.1", attn_norm_num_groups=None, class_embed_type=None,
        downsample_type="conv", mid_block_type="UNetMidBlock2D", num_train_timesteps=None, time_embedding_dim=None,
        upsample_type="conv",
    )
    full = {**fixed, **DEFAULTS, **cfg}
    return {k: list(v) if isinstance(v, tuple) else v for k, v in sorted(full.items())}


def text_file_config(cfg):
    full = {**unet2d_text.FIXED, **unet2d_text.DEFAULTS, **cfg, "_class_name": "UNet2DConditionModel", "_diffusers_version": "0.35.1"}
    return {k: list(v) if isinstance(v, tuple) else v for k, v in sorted(full.items())}


def dit_file_config(cfg):
    return {"_class_name": "DiT", **DIT_DEFAULTS, **cfg}


def statistics(t):
    return torch.stack([t.mean(), t.std(correction=0), t.reshape(-1)[0]])


def make_parity(name, network, cfg, file_cfg, folder):
    torch.manual_seed(SEED)
    model = network(**cfg)
    full = model.config
    h, w = IMAGE_SIZES.get(name, (full["sample_size"],) * 2)
    batch = 3
    outputs = {}
    params = dict(model.named_parameters())
    if network is DiT:
        outputs |= {f"initial.{k}": statistics(p.detach()) for k, p in params.items()}
        for p in params.values():
            p.data += 0.1 * torch.randn_like(p)
    inputs = dict(
        sample=torch.rand(batch, full["in_channels"], h, w) if full.get("center_input_sample") else torch.randn(batch, full["in_channels"], h, w),
        timestep=torch.randint(0, 1000, (batch,)),
        target=torch.randn(batch, full.get("out_channels", full["in_channels"]), h, w),
    )
    if full["num_class_embeds"]:
        inputs["class_labels"] = torch.randint(0, full["num_class_embeds"], (batch,))
    if full.get("cross_attention_dim"):
        inputs["text"] = torch.randn(batch, TEXT_LENGTH, full["cross_attention_dim"])
        if name not in NO_MASK:
            inputs["text_mask"] = torch.arange(TEXT_LENGTH) < torch.tensor([TEXT_LENGTH, 2, 1])[:, None]
    run = lambda: model(**{k: v for k, v in inputs.items() if k != "target"})

    model.eval()
    output = run()
    if output.shape != inputs["target"].shape:
        outputs["all.output"] = output.detach()
        output = output[:, :full["in_channels"]]
    loss = F.mse_loss(output, inputs["target"])
    loss.backward()
    outputs |= dict(output=output.detach().contiguous(), loss=loss.detach())
    outputs |= {f"grad.{k}": p.grad.clone() for k, p in params.items()}
    outputs["grad_norm"] = torch.nn.utils.clip_grad_norm_(params.values(), float("inf"), foreach=True)
    if full.get("dropout"):
        model.train()
        torch.manual_seed(DROPOUT_SEED)
        outputs["train.output"] = run().detach()

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(file_cfg, indent=2) + "\n")
    save_file(model.state_dict(), folder / "diffusion_pytorch_model.safetensors", {"format": "pt"})
    save_file(inputs, folder / "inputs.safetensors")
    save_file(outputs, folder / "outputs.safetensors")
    print(f"{name}: {sum(p.numel() for p in params.values()):,} parameters, loss {loss.item():.6f}")


def digest(tensors):
    h = hashlib.sha256()
    for t in tensors:
        h.update(t.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return h.hexdigest()


def float_bits(t):
    return struct.pack(">f", t.item()).hex()


def trajectory(seed, precision, objective):
    """20 training steps, every random number from one generator: torch's default one, seeded."""
    torch.manual_seed(seed)
    model = UNet2D(**TRAJECTORY_CONFIG)
    params = list(model.parameters())
    initial = digest(params)
    ema = [p.detach().clone() for p in params]
    opt = torch.optim.AdamW(params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, fused=True)
    size = TRAJECTORY_CONFIG["sample_size"]
    x0 = torch.randn(TRAJECTORY_BATCH, 1, size, size)
    abar = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000), 0)
    losses, norms = [], []
    for _ in range(TRAJECTORY_STEPS):
        t = torch.randint(0, 1000, (TRAJECTORY_BATCH,))
        eps = torch.randn_like(x0)
        k = abar[t].view(-1, 1, 1, 1)
        alpha, sigma = k.sqrt(), (1 - k).sqrt()
        xt = alpha * x0 + sigma * eps
        target = eps if objective == "epsilon" else alpha * eps - sigma * x0
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            out = model(xt, t)
        loss = F.mse_loss(out.float(), target)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(params, 1.0, foreach=True)
        opt.step()
        with torch.no_grad():
            torch._foreach_lerp_(ema, params, 0.05)
        losses.append(loss.detach())
        norms.append(norm)
    record = dict(
        seed=seed, precision=precision, objective=objective, initial=initial, data=digest([x0]),
        losses=[float_bits(v) for v in losses], loss_values=[round(v.item(), 7) for v in losses],
        grad_norms=[float_bits(v) for v in norms], weights=digest(params), ema=digest(ema),
    )
    names = [n for n, _ in model.named_parameters()]
    samples = {}
    for prefix, values in ((f"{precision}.weights.", params), (f"{precision}.ema.", ema)):
        samples |= {prefix + n: v.detach().clone() for n, v in zip(names, values) if v.numel() <= 600}
    return record, samples


def pattern(*shape):
    """Multiples of 1/256 in [-2, 2): exact in float32, so the same on every machine."""
    n = torch.Size(shape).numel()
    return ((torch.arange(n) * 7919 % 1024 - 512).float() / 256).reshape(shape)


def probes():
    """Digests of single operators' results: they tell which kernels this process runs."""
    x, w, b = pattern(8, 16, 12, 12), pattern(32, 16, 3, 3), pattern(32)
    m, v = pattern(8, 64), pattern(32, 64)

    def conv(precision):
        wr = w.clone().requires_grad_()
        xr = x.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            y = F.conv2d(xr, wr, b, padding=1)
        y.float().square().mean().backward()
        return [y.float(), xr.grad, wr.grad]

    def linear(precision):
        vr = v.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            y = F.linear(m, vr)
        y.float().square().mean().backward()
        return [y.float(), vr.grad]

    return dict(
        randn=digest([torch.randn(4096, generator=torch.Generator().manual_seed(1))]),
        exp=digest([x.exp(), x.sin(), F.silu(x)]),
        norm=digest([F.group_norm(x, 8), x.square().mean()]),
        conv_fp32=digest(conv("fp32")), conv_bf16=digest(conv("bf16")),
        linear_fp32=digest(linear("fp32")), linear_bf16=digest(linear("bf16")),
        attention=digest([F.scaled_dot_product_attention(*[pattern(8, 4, 36, 8) * s for s in (1, 0.5, 0.25)])]),
    )


def processor():
    """What selects the kernels: the model's vendor and those of its flags that libraries look at."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    info = dict(line.split(":", 1) for line in reversed(lines) if ":" in line)
    info = {k.strip(): v.strip() for k, v in info.items()}
    flags = [f for f in info.get("flags", "").split() if f == "fma" or f.startswith(("avx", "amx"))]
    return dict(vendor=info.get("vendor_id", platform.machine()), flags=sorted(flags))


def make_variant(seed_fp32=1, seed_bf16=2):
    runs = [trajectory(seed_fp32, "fp32", "epsilon"), trajectory(seed_bf16, "bf16", "v")]
    variant = dict(
        torch=torch.__version__.split("+")[0], capability=torch.backends.cpu.get_cpu_capability(), processor=processor(),
        environment={k: os.environ[k] for k in sorted({k for s in INSTRUCTION_SETS for k in s}) if k in os.environ},
        probes=probes(), runs=[r for r, _ in runs],
    )
    return variant, {k: v for _, s in runs for k, v in s.items()}


def make_trajectories():
    variants = []
    for settings in INSTRUCTION_SETS:
        with tempfile.TemporaryDirectory() as tmp:
            out = Path(tmp) / "variant.json"
            weights = ["--weights", str(RESOURCES / "trajectory.safetensors")] if not variants else []
            subprocess.run([sys.executable, __file__, "--trajectories", str(out), *weights],
                           check=True, env={**os.environ, **settings})
            variant = json.loads(out.read_text())["variants"][0]
        if variant["probes"] not in [v["probes"] for v in variants]:
            variants.append(variant)
        print(settings or "own", variant["capability"], [r["loss_values"][-1] for r in variant["runs"]])
    write_trajectories(RESOURCES / "trajectory.json", variants)


def write_trajectories(path, variants):
    doc = dict(config=file_config(TRAJECTORY_CONFIG), steps=TRAJECTORY_STEPS, batch=TRAJECTORY_BATCH, variants=variants)
    Path(path).write_text(json.dumps(doc, indent=1) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--trajectories", metavar="FILE")
    parser.add_argument("--networks", action="store_true", help="only single networks, no trajectories")
    parser.add_argument("--weights", metavar="FILE", help="with --trajectories: also the final weights")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.trajectories:
        made, final = make_variant()
        write_trajectories(args.trajectories, [made])
        if args.weights:
            save_file(final, args.weights)
    else:
        for network, file_form, configs in (
            (UNet2D, file_config, CONFIGS),
            (unet2d_text.UNet2DText, text_file_config, TEXT_CONFIGS),
            (DiT, dit_file_config, DIT_CONFIGS),
        ):
            for key, config in configs.items():
                make_parity(key, network, config, file_form(config), RESOURCES / key)
        sigma = RESOURCES / "dit-class-sigma"
        weights = OrderedDict(load_file(sigma / "diffusion_pytorch_model.safetensors"))
        torch.save({"ema": weights, "args": 1}, sigma / "published.pt")  # as published ones are
        if args.networks:
            sys.exit()
        make_trajectories()
