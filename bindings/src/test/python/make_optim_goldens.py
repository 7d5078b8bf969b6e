"""Makes resources/optim/*.safetensors: what torch.optim does to three parameters in 20 steps, and learning rates.

    pip install torch==2.13.0 safetensors
    python make_optim_goldens.py ../resources/optim

The gradients are fractions that float32 holds exactly, a function of step and element, so that the Java test can make
the same ones. The implementation is the one that Gradus calls: fused, or foreach for RMSprop.
"""
import sys

import torch
import torch.optim.lr_scheduler as S
from safetensors.torch import save_file

STEPS = 20
SHAPES = {"a": (3, 5), "b": (33,), "c": (1,)}

CASES = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, fused=True),
    "sgd.decay": lambda p: torch.optim.SGD(p, lr=0.05, weight_decay=0.1, maximize=True, fused=True),
    "sgd.momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, dampening=0.25, fused=True),
    "sgd.nesterov": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01, fused=True),
    "adam": lambda p: torch.optim.Adam(p, lr=0.05, fused=True),
    "adam.decay": lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1, fused=True),
    "adam.amsgrad": lambda p: torch.optim.Adam(p, lr=0.05, amsgrad=True, maximize=True, fused=True),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.05, fused=True),
    "adamw.amsgrad": lambda p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.1, amsgrad=True, fused=True),
    "adamw.maximize": lambda p: torch.optim.AdamW(p, lr=0.05, maximize=True, fused=True),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.05, foreach=True),
    "rmsprop.momentum": lambda p: torch.optim.RMSprop(p, lr=0.05, alpha=0.9, momentum=0.9, foreach=True),
    "rmsprop.centered": lambda p: torch.optim.RMSprop(p, lr=0.05, centered=True, weight_decay=0.1, foreach=True),
    "rmsprop.all": lambda p: torch.optim.RMSprop(
        p, lr=0.05, eps=1e-6, centered=True, momentum=0.5, weight_decay=0.1, maximize=True, foreach=True),
}


def numbers(shape, seed):
    n = 1
    for size in shape:
        n *= size
    return (((torch.arange(n) * 37 + seed * 101) % 257 - 128).float() / 64).reshape(shape)


def run(make):
    parameters = {name: torch.nn.Parameter(numbers(shape, 7)) for name, shape in SHAPES.items()}
    optimizer = make(parameters.values())
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = 0.05 / (1 + step)
        for parameter in parameters.values():
            parameter.grad = numbers(parameter.shape, step)
        optimizer.step()
    result = {f"parameter.{name}": parameter.detach() for name, parameter in parameters.items()}
    for index, state in optimizer.state_dict()["state"].items():
        result |= {f"state.{index}.{slot}": value for slot, value in state.items() if value is not None}
    return result


# Optimizers that take the scale of a GradScaler themselves.
SCALED = {
    "sgd.nesterov": CASES["sgd.nesterov"],
    "sgd.momentum": CASES["sgd.momentum"],
    "adam.amsgrad": CASES["adam.amsgrad"],
    "adamw": CASES["adamw"],
}


def run_scaled(make):
    """As run, with scaled gradients, some of which are not finite; every third step unscales before."""
    parameters = {name: torch.nn.Parameter(numbers(shape, 7)) for name, shape in SHAPES.items()}
    optimizer = make(parameters.values())
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=3)
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = 0.05 / (1 + step)
        scale = scaler.scale(torch.ones(()))
        for parameter in parameters.values():
            parameter.grad = numbers(parameter.shape, step) * scale
        if step in (4, 5, 12):
            parameters["b"].grad[step] = float("nan") if step == 5 else float("inf")
        if step % 3 == 0:
            scaler.unscale_(optimizer)
        scaler.step(optimizer)
        scaler.update()
    result = {f"parameter.{name}": parameter.detach() for name, parameter in parameters.items()}
    result |= {f"gradient.{name}": parameter.grad for name, parameter in parameters.items()}
    for index, state in optimizer.state_dict()["state"].items():
        result |= {f"state.{index}.{slot}": value for slot, value in state.items() if value is not None}
    return result | {"scale": torch.tensor(scaler.get_scale())}


def rates(make, metrics=None):
    """The learning rates of steps 0 to 59 where the optimizer has base 0.1."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = make(optimizer)
    result = []
    for step in range(60):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step(*([] if metrics is None else [metrics[step]]))
    return torch.tensor(result, dtype=torch.float64)


# Falls, stalls, rises, and falls again below what it was.
METRICS = [max(1.0 - 0.1 * s, 0.5) + 0.01 * (s % 3) - (0.2 if s > 40 else 0) for s in range(60)]

SCHEDULES = {
    "constant": lambda o: S.LambdaLR(o, lambda t: 1.0),
    "constant.factor": lambda o: S.ConstantLR(o, factor=0.25, total_iters=7),
    "linear": lambda o: S.LinearLR(o, start_factor=0.1, end_factor=0.9, total_iters=20),
    "step": lambda o: S.StepLR(o, step_size=9, gamma=0.5),
    "multistep": lambda o: S.MultiStepLR(o, milestones=[30, 8, 31], gamma=0.3),
    "exponential": lambda o: S.ExponentialLR(o, gamma=0.95),
    "cosine": lambda o: S.CosineAnnealingLR(o, T_max=40, eta_min=0.01),
    "restarts": lambda o: S.CosineAnnealingWarmRestarts(o, T_0=7, T_mult=2, eta_min=0.02),
    "restarts.even": lambda o: S.CosineAnnealingWarmRestarts(o, T_0=7),
    "polynomial": lambda o: S.PolynomialLR(o, total_iters=50, power=1.7),
    "onecycle": lambda o: S.OneCycleLR(o, max_lr=0.3, total_steps=61),
    "onecycle.linear": lambda o: S.OneCycleLR(o, max_lr=0.3, total_steps=70, anneal_strategy="linear", pct_start=0.4,
                                              div_factor=10, final_div_factor=100, three_phase=True),
    "inverse": lambda o: S.LambdaLR(o, lambda t: min((t + 1) / 16, (16 / (t + 1)) ** 0.5)),
    "chained": lambda o: S.ChainedScheduler([S.ConstantLR(o, factor=0.5, total_iters=12), S.ExponentialLR(o, gamma=0.9)]),
    "sequential": lambda o: S.SequentialLR(
        o, [S.LinearLR(o, start_factor=0.1, total_iters=10), S.CosineAnnealingLR(o, T_max=30),
            S.ConstantLR(o, factor=0.2, total_iters=100)], milestones=[10, 40]),
}
PLATEAUS = {
    "plateau": lambda o: S.ReduceLROnPlateau(o, patience=4),
    "plateau.all": lambda o: S.ReduceLROnPlateau(o, mode="max", factor=0.5, patience=2, threshold=0.05,
                                                 threshold_mode="abs", cooldown=3, min_lr=0.02),
}


def perceptron():
    """The losses of 30 steps of a perceptron of three layers, batch 32, along a cosine, with clipped gradients."""
    torch.manual_seed(3)
    net = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 16), torch.nn.ReLU(),
                              torch.nn.Linear(16, 1))
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.01, fused=True)
    schedule = S.CosineAnnealingLR(optimizer, T_max=30)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(net(numbers((32, 8), 1)), numbers((32, 1), 2))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0, foreach=True)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return torch.tensor(losses)


def main(out):
    tensors = {f"{case}/{name}": tensor for case, make in CASES.items() for name, tensor in run(make).items()}
    tensors |= {f"{case}.scaled/{name}": tensor for case, make in SCALED.items()
                for name, tensor in run_scaled(make).items()}
    about = {"torch": torch.__version__.split("+")[0], "cpu": torch.backends.cpu.get_cpu_capability()}
    save_file(tensors, f"{out}/optimizers.safetensors", metadata=about)
    tables = {name: rates(make) for name, make in SCHEDULES.items()}
    tables |= {name: rates(make, METRICS) for name, make in PLATEAUS.items()}
    tables["perceptron"] = perceptron()
    tables["metrics"] = torch.tensor(METRICS, dtype=torch.float64)
    save_file(tables, f"{out}/rates.safetensors", metadata=about)


if __name__ == "__main__":
    main(sys.argv[1])
