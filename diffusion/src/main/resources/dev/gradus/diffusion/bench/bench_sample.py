"""Time sampling by DDIM with the reference UNet in Python, one JSON line per setting.

    python bench_sample.py --config fashion --batch 64 --precision bf16 [--channels-last]
                           [--compile] [--sampling-steps 50] [--steps 3] [--threads 2]

One call draws a batch: from noise in N steps, the network under autocast in inference mode, x0 clipped to [-1, 1]. Of a network
that is not trained.
"""
import argparse
import json
import resource
import time

import torch

from unet2d import CIFAR10, FASHION, UNet2D

p = argparse.ArgumentParser()
p.add_argument("--config", choices=["fashion", "cifar10"], default="fashion")
p.add_argument("--batch", type=int, default=64)
p.add_argument("--resolution", type=int)
p.add_argument("--width", type=int, help="channels of the first block; the others in proportion")
p.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
p.add_argument("--channels-last", action="store_true")
p.add_argument("--compile", nargs="?", const="default", help="the mode of torch.compile: default, reduce-overhead, max-autotune")
p.add_argument("--device", default="cpu")
p.add_argument("--sampling-steps", type=int, default=50)
p.add_argument("--steps", type=int, default=3)
p.add_argument("--warmup", type=int, default=1)
p.add_argument("--threads", type=int, default=0)
a = p.parse_args()
if a.threads:
    torch.set_num_threads(a.threads)


def configured(config):
    """The network of the options."""
    config = dict(config)
    config["sample_size"] = a.resolution or config.get("sample_size", 32)
    channels = config["block_out_channels"]
    config["block_out_channels"] = tuple(c * (a.width or channels[0]) // channels[0] for c in channels)
    return config


torch.manual_seed(0)
dev = torch.device(a.device)
cuda = dev.type == "cuda"
if cuda:
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True

fmt = torch.channels_last if a.channels_last else torch.contiguous_format
model = UNet2D(**configured(FASHION if a.config == "fashion" else CIFAR10)).to(dev).to(memory_format=fmt).eval()
net = torch.compile(model, mode=a.compile) if a.compile else model
c = model.config
# Of an own generator: the same on every side, whatever the network drew.
noise = torch.randn(a.batch, c["in_channels"], c["sample_size"], c["sample_size"], generator=torch.Generator().manual_seed(1))
noise = noise.to(dev)
abar = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64), 0).tolist()
stops = [round(1000 - i * 1000 / a.sampling_steps) - 1 for i in range(a.sampling_steps)]


@torch.inference_mode()
def draw():
    x = noise.contiguous(memory_format=fmt)
    with torch.autocast(dev.type, torch.bfloat16, enabled=a.precision == "bf16"):
        for i, t in enumerate(stops):
            now, then = abar[t], abar[stops[i + 1]] if i + 1 < len(stops) else 1.0
            eps = net(x, torch.full((a.batch,), t, device=dev)).float()
            x0 = ((x - (1 - now) ** 0.5 * eps) / now**0.5).clamp_(-1, 1)
            x = then**0.5 * x0 + (1 - then) ** 0.5 * eps
    return x


def sync():
    if cuda:
        torch.cuda.synchronize()


start = time.perf_counter()
draw()
sync()
first = time.perf_counter() - start
for _ in range(a.warmup):
    draw()
times = []
for _ in range(a.steps):
    t0 = time.perf_counter()
    x = draw()
    sync()
    times.append(time.perf_counter() - t0)
print(json.dumps(dict(vars(a), torch=torch.__version__, loss=x.abs().mean().item(), first_step_s=round(first, 2),
                      ms=[round(t * 1e3, 3) for t in times], peak_mib=round(torch.cuda.max_memory_allocated() / 2**20) if cuda else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)))
