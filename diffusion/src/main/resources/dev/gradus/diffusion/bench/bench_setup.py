"""The options and the set-up that all measurements share."""
import argparse

import torch

from unet2d import CIFAR10, FASHION, UNet2D


def parser(steps, warmup):
    """The options; `steps` and `warmup` are the defaults of theirs."""
    p = argparse.ArgumentParser()
    p.add_argument("--config", choices=["fashion", "cifar10"], default="fashion")
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--resolution", type=int)
    p.add_argument("--width", type=int, help="channels of the first block; the others in proportion")
    p.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    p.add_argument("--channels-last", action="store_true")
    p.add_argument("--compile", nargs="?", const="default", help="the mode of torch.compile: default, reduce-overhead, max-autotune")
    p.add_argument("--device", default="cpu")
    p.add_argument("--steps", type=int, default=steps)
    p.add_argument("--warmup", type=int, default=warmup)
    p.add_argument("--threads", type=int, default=0)
    return p


def prepare(a):
    """Sets threads, seed and the switches of CUDA; the device, and the layout of images."""
    if a.threads:
        torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    dev = torch.device(a.device)
    if dev.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    return dev, torch.channels_last if a.channels_last else torch.contiguous_format


def network(a, dev, fmt):
    """The network of the options."""
    config = dict(FASHION if a.config == "fashion" else CIFAR10)
    config["sample_size"] = a.resolution or config.get("sample_size", 32)
    channels = config["block_out_channels"]
    config["block_out_channels"] = tuple(c * (a.width or channels[0]) // channels[0] for c in channels)
    return UNet2D(**config).to(dev).to(memory_format=fmt)


def compiled(a, model):
    """The network as torch.compile makes it, where that is asked for."""
    return torch.compile(model, mode=a.compile) if a.compile else model
