"""Time sampling by DDIM with the reference UNet in Python, one JSON line per setting.

    python bench_sample.py --config fashion --batch 64 --precision bf16 [--channels-last]
                           [--compile] [--sampling-steps 50] [--steps 3] [--threads 2]

One call draws a batch: from noise in N steps, the network under autocast in inference mode, x0 clipped to [-1, 1]. Of a network
that is not trained.
"""
import json
import resource
import time

import torch

import bench_setup

p = bench_setup.parser(steps=3, warmup=1)
p.add_argument("--sampling-steps", type=int, default=50)
a = p.parse_args()
dev, fmt = bench_setup.prepare(a)
cuda = dev.type == "cuda"
model = bench_setup.network(a, dev, fmt).eval()
net = bench_setup.compiled(a, model)
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
