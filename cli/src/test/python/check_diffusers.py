"""Checks that a pipeline draws the same images here and in Python's diffusers, from the same noise.

    pip install diffusers torch safetensors
    python check_diffusers.py DIR             # the folder that `gradus export --format diffusers` wrote, or any pipeline
    python check_diffusers.py DIR --script FILE   # also compares denoiser.ts with the network of the pipeline
    python check_diffusers.py --made          # pipelines that diffusers makes, in every form it writes
    python check_diffusers.py --goldens       # makes ../resources/pipelines, of which the tests draw

It runs `gradus sample --model DIR` on the noise that the pipeline starts from, and prints the greatest difference of a pixel in
[0, 1]. The pipeline is used as it is; only where it draws its first noise it is given that which the other one has. Noise that
is added later comes from a generator of the same seed. The versions of torch should be the same.
"""
import argparse
import contextlib
import copy
import functools
import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from diffusers import DDIMPipeline, DDIMScheduler, DDPMPipeline, DDPMScheduler, DiffusionPipeline, UNet2DModel
from diffusers.pipelines.ddim import pipeline_ddim
from diffusers.pipelines.ddpm import pipeline_ddpm
from safetensors.torch import load_file, save_file

LIMIT = 1e-4
SEED = 5
TRAINING = 300
GOLDENS = Path(__file__).resolve().parent.parent / "resources" / "pipelines"
GRADUS = Path(__file__).resolve().parents[4] / "gradus"


def step_seed(seed):
    """The seed of the noise that sampling adds: the first value of java.util.SplittableRandom."""
    mask = (1 << 64) - 1
    z = (seed + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)


@contextlib.contextmanager
def starting_from(noise):
    """Lets the pipelines begin with this noise."""
    modules = (pipeline_ddpm, pipeline_ddim)
    own = [module.randn_tensor for module in modules]
    for module in modules:
        module.randn_tensor = lambda *args, **kwargs: noise.clone()
    try:
        yield
    finally:
        for module, function in zip(modules, own):
            module.randn_tensor = function


def drawn_by_diffusers(pipeline, noise, steps, eta):
    arguments = dict(batch_size=len(noise), num_inference_steps=steps, output_type="np")
    if isinstance(pipeline, DDIMPipeline):
        arguments["eta"] = eta
    generator = torch.Generator().manual_seed(step_seed(SEED))
    pipeline.set_progress_bar_config(disable=True)
    with starting_from(noise):
        images = pipeline(generator=generator, **arguments).images
    return torch.from_numpy(images).permute(0, 3, 1, 2)


def drawn_by_gradus(gradus, folder, noise, steps, eta, scratch):
    save_file({"noise": noise}, scratch / "noise.safetensors")
    command = [*gradus, "sample", "--model", folder, "--noise", scratch / "noise.safetensors", "--seed", SEED,
               "--sampling-steps", steps, "--eta", eta, "--device", "cpu", "--threads", 1,
               "--out", scratch / "out.png", "--raw", scratch / "raw.safetensors"]
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return (load_file(scratch / "raw.safetensors")["samples"] / 2 + 0.5).clamp(0, 1)


def difference(gradus, folder, variant, count, steps, eta):
    pipeline = DiffusionPipeline.from_pretrained(folder, variant=variant, torch_dtype=torch.float32)
    config = pipeline.unet.config
    noise = torch.randn(count, config.in_channels, config.sample_size, config.sample_size,
                        generator=torch.Generator().manual_seed(SEED))
    theirs = drawn_by_diffusers(pipeline, noise, steps, eta)
    with tempfile.TemporaryDirectory() as scratch:
        ours = drawn_by_gradus(gradus, folder, noise, steps, eta, Path(scratch))
    spread = theirs.std().item()
    return (ours - theirs).abs().max().item(), type(pipeline).__name__, spread


# Pipelines that diffusers makes.
SMALL = dict(sample_size=8, in_channels=3, out_channels=3, norm_num_groups=4)
NETWORKS = {
    "convolutions": dict(SMALL, block_out_channels=(8, 16), down_block_types=("DownBlock2D",) * 2,
                         up_block_types=("UpBlock2D",) * 2),
    "attention": dict(SMALL, block_out_channels=(8, 16), attention_head_dim=4,
                      down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D")),
    "as ddpm-cifar10-32": dict(SMALL, block_out_channels=(8, 16, 16, 16), attention_head_dim=None, downsample_padding=0,
                               flip_sin_to_cos=False, freq_shift=1, norm_eps=1e-6,
                               down_block_types=("DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"),
                               up_block_types=("UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D")),
    "scale and shift": dict(SMALL, block_out_channels=(8, 16), resnet_time_scale_shift="scale_shift", add_attention=False,
                            center_input_sample=True, down_block_types=("DownBlock2D",) * 2,
                            up_block_types=("UpBlock2D",) * 2),
}
SCHEDULERS = {
    "ddpm": (DDPMPipeline, DDPMScheduler, {}),
    "ddpm, fixed_large": (DDPMPipeline, DDPMScheduler, dict(variance_type="fixed_large")),
    "ddpm, cosine v trailing": (DDPMPipeline, DDPMScheduler,
                                dict(beta_schedule="squaredcos_cap_v2", prediction_type="v_prediction",
                                     timestep_spacing="trailing")),
    "ddpm, linspace x0": (DDPMPipeline, DDPMScheduler, dict(timestep_spacing="linspace", prediction_type="sample")),
    "ddim": (DDIMPipeline, DDIMScheduler, {}),
    "ddim, scaled_linear unclipped": (DDIMPipeline, DDIMScheduler,
                                      dict(beta_schedule="scaled_linear", clip_sample=False, timestep_spacing="trailing")),
    "ddim, thresholding": (DDIMPipeline, DDIMScheduler,
                           dict(thresholding=True, dynamic_thresholding_ratio=0.9, sample_max_value=2.0)),
}


def old_attention_names(folder):
    """As files were before version 0.14."""
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    names = {".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn."}
    tensors = load_file(file)
    for new, old in names.items():
        tensors = {name.replace(new, old): tensor for name, tensor in tensors.items()}
    save_file(tensors, file, metadata={"format": "pt"})


def one_folder(folder):
    """As the first published pipelines are."""
    for part in ("unet", "scheduler"):
        for file in (folder / part).iterdir():
            file.rename(folder / file.name)
        (folder / part).rmdir()


def shards_with_old_names(folder):
    """All at once: half precision, several files, old names."""
    unet = folder / "unet"
    index = unet / "diffusion_pytorch_model.safetensors.index.json"
    single = unet / "diffusion_pytorch_model.safetensors"
    tensors = {}
    for shard in unet.glob("*.safetensors"):
        tensors |= load_file(shard)
        shard.unlink()
    save_file(tensors, single)
    old_attention_names(folder)
    tensors = load_file(single)
    single.unlink()
    halves = list(tensors)[::2], list(tensors)[1::2]
    weight_map = {}
    for number, names in enumerate(halves, 1):
        file = f"diffusion_pytorch_model-{number:05}-of-00002.safetensors"
        save_file({name: tensors[name] for name in names}, unet / file, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(names, file)
    size = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    index.write_text(json.dumps({"metadata": {"total_size": size}, "weight_map": weight_map}, indent=2, sort_keys=True))


# How the weights are stored: arguments of save_pretrained, the dtype, and what is done to the folder after.
FORMS = {
    "one file": ({}, torch.float32, None),
    "shards": (dict(max_shard_size="20KB"), torch.float32, None),
    "half precision": ({}, torch.float16, None),
    "variant bf16": (dict(variant="bf16"), torch.bfloat16, None),
    "shards of variant fp16": (dict(variant="fp16", max_shard_size="20KB"), torch.float16, None),
    "old attention names": ({}, torch.float32, old_attention_names),
    "one folder": ({}, torch.float32, one_folder),
}
ALL_AT_ONCE = "shards with old names in half precision"
FORMS[ALL_AT_ONCE] = (dict(max_shard_size="20KB"), torch.float16, shards_with_old_names)


@functools.cache
def trained(network, scheduler):
    """A network that learnt a little, on stripes: one with random weights multiplies every rounding by thousands."""
    _, scheduler_class, options = SCHEDULERS[scheduler]
    noising = scheduler_class(**options)
    torch.manual_seed(SEED)
    unet = UNet2DModel(**NETWORKS[network])
    optimizer = torch.optim.Adam(unet.parameters(), 2e-3)
    for _ in range(TRAINING):
        x0 = torch.sin(torch.rand(32, 3, 1, 1) * 6 + torch.arange(8.0)).expand(32, 3, 8, 8)
        noise, t = torch.randn_like(x0), torch.randint(0, 1000, (32,))
        targets = {"epsilon": noise, "sample": x0}
        if noising.config.prediction_type == "v_prediction":
            targets["v_prediction"] = DDPMScheduler(**options).get_velocity(x0, noise, t)
        loss = (unet(noising.add_noise(x0, noise, t), t).sample - targets[noising.config.prediction_type]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return unet.eval()


def make(folder, network, scheduler, form):
    pipeline_class, scheduler_class, options = SCHEDULERS[scheduler]
    arguments, dtype, after = FORMS[form]
    unet = copy.deepcopy(trained(network, scheduler))
    pipeline_class(unet.to(dtype), scheduler_class(**options)).save_pretrained(folder, **arguments)
    if after:
        after(folder)
    return folder


def made(gradus):
    """Every network, scheduler and form once at least."""
    cases = [(network, "ddim", "one file") for network in NETWORKS]
    cases += [("attention", scheduler, "one file") for scheduler in SCHEDULERS if scheduler != "ddim"]
    cases += [("attention", "ddim", form) for form in FORMS if form not in ("one file", ALL_AT_ONCE)]
    for network, scheduler, form in cases:
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), network, scheduler, form)
            yield f"{network}; {scheduler}; {form}", folder, FORMS[form][0].get("variant")


def goldens():
    """Two pipelines, each with the noise it starts from and the images that it draws."""
    for name, scheduler, form in (("ddim", "ddim", ALL_AT_ONCE),
                                  ("ddpm", "ddpm, fixed_large", "one folder")):
        folder = make(GOLDENS / name, "attention", scheduler, form)
        noise = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(SEED))
        pipeline_class, scheduler_class, options = SCHEDULERS[scheduler]
        # Not read back: diffusers reads no old names from several files.
        unet = copy.deepcopy(trained("attention", scheduler)).to(FORMS[form][1]).float()
        pipeline = pipeline_class(unet, scheduler_class(**options))
        images = drawn_by_diffusers(pipeline, noise, 20, 0.0)
        if name == "ddpm":
            weights = load_file(folder / "diffusion_pytorch_model.safetensors")
            torch.save(weights, GOLDENS / "pickled.bin")
        save_file({"noise": noise, "images": images.contiguous()}, folder / "drawn.safetensors")


def script_difference(file, folder, count):
    """What the module that `gradus export --format torchscript` wrote answers, against the network of the pipeline."""
    unet = DiffusionPipeline.from_pretrained(folder).unet.eval()
    script = torch.jit.load(file)
    x = torch.randn(count, unet.config.in_channels, unet.config.sample_size, unet.config.sample_size,
                    generator=torch.Generator().manual_seed(SEED))
    times = torch.linspace(0, 999, count).long()
    with torch.no_grad():
        return (script(x, times) - unet(x, times).sample).abs().max().item()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", help="the folder of a pipeline")
    parser.add_argument("--made", action="store_true", help="check pipelines that diffusers makes")
    parser.add_argument("--goldens", action="store_true", help="make the files of the tests")
    parser.add_argument("--script", help="a TorchScript module of the same network")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--count", type=int, default=4, help="images, at most 64")
    parser.add_argument("--eta", type=float, default=0.0)
    parser.add_argument("--gradus", default=str(GRADUS), help="the command")
    options = parser.parse_args()
    if (options.folder is not None) + options.made + options.goldens != 1:
        parser.error("name a folder, or --made, or --goldens")
    if options.script and not options.folder:
        parser.error("--script needs the folder of a pipeline")
    if options.goldens:
        return goldens()
    gradus = shlex.split(options.gradus)
    cases = made(gradus) if options.made else [(options.folder, options.folder, None)]
    failed = False
    for name, folder, variant in cases:
        try:
            most, pipeline, spread = difference(gradus, folder, variant, options.count, options.steps, options.eta)
        except subprocess.CalledProcessError as error:
            print(f"FAILED  {name}: {error.stderr.decode().strip().splitlines()[-1]}")
            failed = True
            continue
        ok = most <= LIMIT
        failed |= not ok
        print(f"{'ok' if ok else 'FAILED':7} {most:.1e}  {name} ({pipeline}, deviation of the images {spread:.2f})")
    if options.script:
        most = script_difference(options.script, options.folder, options.count)
        failed |= most > LIMIT
        print(f"{'ok' if most <= LIMIT else 'FAILED':7} {most:.1e}  {options.script}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
