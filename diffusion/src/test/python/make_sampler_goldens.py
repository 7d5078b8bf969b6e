"""Makes ../resources/goldens/samplers.json: noise levels and trajectories of the samplers, in float64.

Every sampler is written here as its paper or its first implementation has it, in the variables that they use, and not as
the Java code has it. The data are +C or -C with normal noise of deviation S around them, so the best denoiser is known
and not affine: for y = x / alpha with noise p = sigma / alpha,

    E[x_0 | y] = (p^2 C tanh(C y / (S^2 + p^2)) + S^2 y) / (S^2 + p^2)

Spacings are those of DDIMScheduler in diffusers, of Karras et al. and of k-diffusion for discrete schedules, and as the
Javadoc of SamplingSteps has them for continuous ones.

    pip install numpy
"""
import json
from pathlib import Path

import numpy as np

OUT = Path(__file__).resolve().parent.parent / "resources" / "goldens" / "samplers.json"
C, S = 0.6, 0.25
STEPS = 4
ETA = 0.4
CHURN = dict(amount=1.2, sigmaMin=0.05, sigmaMax=60.0, noise=1.01)
START = np.array([-1.3, 0.2])
FRESH = np.random.default_rng(1).standard_normal((STEPS, 2))


def denoise(x, alpha, sigma):
    y, p = x / alpha, sigma / alpha
    return (p**2 * C * np.tanh(C * y / (S**2 + p**2)) + S**2 * y) / (S**2 + p**2)


# Schedules: t -> (alpha, sigma), the range of t, and the t of a noise level p = sigma / alpha.
class Discrete:
    def __init__(self, betas):
        self.cumprod = np.cumprod(1 - betas.astype(np.float32).astype(np.float64)).astype(np.float32).astype(np.float64)
        self.logs = 0.5 * np.log((1 - self.cumprod) / self.cumprod)
        self.count = len(betas)
        self.low, self.high = 0.0, len(betas) - 1.0

    def at(self, t):
        p = np.exp(np.interp(t, np.arange(self.count), self.logs))
        return 1 / np.sqrt(1 + p**2), p / np.sqrt(1 + p**2)

    def time(self, p):
        """sigma_to_t of k-diffusion: linear in log sigma."""
        return np.interp(np.log(p), self.logs, np.arange(self.count))

    start = staticmethod(lambda alpha, sigma: 1.0)


class Edm:
    count, low, high = 0, np.log(0.002), np.log(80.0)
    at = staticmethod(lambda t: (1.0, np.exp(t)))
    time = staticmethod(np.log)
    start = staticmethod(lambda alpha, sigma: sigma)


class FlowLinear:
    count, low, high = 0, 1e-4, 1 - 1e-4
    at = staticmethod(lambda t: (1 - t, t))
    time = staticmethod(lambda p: p / (1 + p))
    start = staticmethod(lambda alpha, sigma: sigma)


class FlowCosine:
    count, low, high = 0, 1e-4, 1 - 1e-4
    at = staticmethod(lambda t: (np.cos(np.pi * t / 2), np.sin(np.pi * t / 2)))
    time = staticmethod(lambda p: np.arctan(p) * 2 / np.pi)
    start = staticmethod(lambda alpha, sigma: sigma)


def cosine_betas(count):
    bar = lambda t: np.cos((t + 0.008) / 1.008 * np.pi / 2) ** 2
    t = np.arange(count)
    return np.minimum(1 - bar((t + 1) / count) / bar(t / count), 0.999)


SCHEDULES = {
    "linear": Discrete(np.linspace(1e-4, 0.02, 1000, dtype=np.float32)),
    "cosine": Discrete(cosine_betas(1000)),
    "edm": Edm,
    "flow-linear": FlowLinear,
    "flow-cosine": FlowCosine,
}


def times(spacing, schedule, n):
    low, high, count = schedule.low, schedule.high, schedule.count
    ramp = np.linspace(0, 1, n)
    most, least = (a / b for b, a in (schedule.at(high), schedule.at(low)))
    if spacing == "karras":
        return schedule.time((most ** (1 / 7) + ramp * (least ** (1 / 7) - most ** (1 / 7))) ** 7)
    if spacing == "exponential":
        return schedule.time(np.exp(np.linspace(np.log(most), np.log(least), n)))
    if count:
        return {
            "leading": lambda: (np.arange(n) * (count // n))[::-1],
            "trailing": lambda: np.round(np.arange(count, 0, -count / n)) - 1,
            "linspace": lambda: np.linspace(0, count - 1, n).round()[::-1],
        }[spacing]()
    return {
        "leading": lambda: np.linspace(low, high, n, endpoint=False)[::-1],
        "trailing": lambda: np.linspace(high, low, n, endpoint=False),
        "linspace": lambda: np.linspace(high, low, n),
    }[spacing]()


def levels(spacing, schedule, n=STEPS):
    at = [(t, *schedule.at(t)) for t in times(spacing, schedule, n)]
    return [tuple(map(float, level)) for level in at] + [(float(schedule.low), 1.0, 0.0)]


# A sampler: (x, level, next level, fresh noise, memory, schedule) -> x.
def ddim(x, a, b, z, memory, schedule, eta=0.0):
    """Song et al., equations 12 and 16; alpha_t there is alpha^2 here."""
    before, after = a[1] ** 2, b[1] ** 2
    x0 = denoise(x, *a[1:])
    eps = (x - np.sqrt(before) * x0) / np.sqrt(1 - before)
    sigma = eta * np.sqrt((1 - after) / (1 - before)) * np.sqrt(1 - before / after)
    return np.sqrt(after) * x0 + np.sqrt(1 - after - sigma**2) * eps + sigma * z


def ddpm(x, a, b, z, memory, schedule):
    """Ho et al., equations 6 and 7."""
    before, after = a[1] ** 2, b[1] ** 2
    alpha = before / after
    beta = 1 - alpha
    x0 = denoise(x, *a[1:])
    mean = np.sqrt(after) * beta / (1 - before) * x0 + np.sqrt(alpha) * (1 - after) / (1 - before) * x
    return mean + np.sqrt((1 - after) / (1 - before) * beta) * z


def scaled(step):
    """For samplers that are written for y = x / alpha and sigma / alpha."""
    def run(x, a, b, z, memory, schedule):
        return b[1] * step(x / a[1], a[2] / a[1], b[2] / b[1], z, schedule)
    return run


def slope(y, p):
    """Karras et al., equation 3; the denoiser of y at the noise p."""
    return (y - denoise(y, 1.0, p)) / p


@scaled
def euler(y, p, q, z, schedule):
    return y + (q - p) * slope(y, p)


def heun_step(y, p, q):
    """Karras et al., algorithm 1, lines 3 to 8, with sigma(t) = t and s(t) = 1."""
    d = slope(y, p)
    moved = y + (q - p) * d
    return moved if q == 0 else y + (q - p) * (d + slope(moved, q)) / 2


@scaled
def heun(y, p, q, z, schedule):
    return heun_step(y, p, q)


@scaled
def euler_ancestral(y, p, q, z, schedule):
    """sample_euler_ancestral of k-diffusion with eta = 1."""
    up = min(q, np.sqrt(q**2 * (p**2 - q**2) / p**2))
    down = np.sqrt(q**2 - up**2)
    return y + (down - p) * slope(y, p) + up * z


@scaled
def edm(y, p, q, z, schedule):
    """Karras et al., algorithm 2; the noise does not go above that of the schedule."""
    alpha, sigma = schedule.at(schedule.high)
    gamma = min(CHURN["amount"] / STEPS, np.sqrt(2) - 1) if CHURN["sigmaMin"] <= p <= CHURN["sigmaMax"] else 0
    hat = min(p * (1 + gamma), sigma / alpha)
    y = y + np.sqrt(max(0, hat**2 - p**2)) * CHURN["noise"] * z
    return heun_step(y, hat, q)


def dpm(sde):
    def run(x, a, b, z, memory, schedule):
        """Lu et al., algorithm 2, and its SDE form, in the variables of DPMSolverMultistepScheduler in diffusers."""
        x0 = denoise(x, *a[1:])
        before = memory.get("before")
        memory["before"] = (a, x0)
        if b[2] == 0:
            return x0
        lambda_ = lambda level: np.log(level[1] / level[2])
        h = lambda_(b) - lambda_(a)
        d0, d1 = x0, 0
        if before:
            r0 = (lambda_(a) - lambda_(before[0])) / h
            d1 = (x0 - before[1]) / r0
        if sde:
            rise = b[1] * (1 - np.exp(-2 * h))
            return (
                b[2] / a[2] * np.exp(-h) * x + rise * d0 + 0.5 * rise * d1 + b[2] * np.sqrt(1 - np.exp(-2 * h)) * z
            )
        return b[2] / a[2] * x - b[1] * (np.exp(-h) - 1) * d0 - 0.5 * b[1] * (np.exp(-h) - 1) * d1
    return run


def flow(order):
    def run(x, a, b, z, memory, schedule):
        """dx/dt of the interpolant with the estimate put in (Lipman et al.; Albergo and Vanden-Eijnden)."""
        x0 = denoise(x, *a[1:])
        if b[2] == 0:
            return x0

        def parameter(level):
            if schedule is FlowLinear:
                return level[0]
            return level[2] if schedule is Edm else np.arctan(level[2] / level[1])

        def velocity(x, level):
            _, alpha, sigma = level
            x0 = denoise(x, alpha, sigma)
            eps = (x - alpha * x0) / sigma
            if schedule is FlowLinear:
                return eps - x0
            return eps if schedule is Edm else alpha * eps - sigma * x0

        step = parameter(b) - parameter(a)
        v = velocity(x, a)
        moved = x + step * v
        return moved if order == 1 else x + step * (v + velocity(moved, b)) / 2
    return run


SAMPLERS = {
    "ddim": lambda *args: ddim(*args, eta=ETA),
    "ddpm": ddpm,
    "euler": euler,
    "heun": heun,
    "euler-ancestral": euler_ancestral,
    "dpm-solver-2m": dpm(False),
    "sde-dpm-solver-2m": dpm(True),
    "edm": edm,
    "flow-euler": flow(1),
    "flow-heun": flow(2),
}
SPACINGS = ["leading", "trailing", "linspace", "karras", "exponential"]
# Those whose formula is written for alpha^2 + sigma^2 = 1.
CIRCLE_ONLY = {"ddim", "ddpm"}


def trajectory(sampler, spacing, schedule):
    stops = levels(spacing, schedule)
    x = START * schedule.start(*stops[0][1:])
    memory, states = {}, []
    for i in range(STEPS):
        states.append(x)
        x = sampler(x, stops[i], stops[i + 1], FRESH[i], memory, schedule)
    return [state.tolist() for state in states + [x]]


def main():
    cases = []
    for number, (name, sampler) in enumerate(SAMPLERS.items()):
        for offset, (schedule_name, schedule) in enumerate(SCHEDULES.items()):
            if name in CIRCLE_ONLY and schedule_name in ("edm", "flow-linear"):
                continue
            spacing = "karras" if name in ("heun", "edm") else SPACINGS[(number + offset) % len(SPACINGS)]
            cases.append(
                {
                    "sampler": name,
                    "schedule": schedule_name,
                    "spacing": spacing,
                    "states": trajectory(sampler, spacing, schedule),
                }
            )
    golden = {
        "c": C,
        "s": S,
        "eta": ETA,
        "churn": CHURN,
        "start": START.tolist(),
        "fresh": FRESH.tolist(),
        "levels": {
            name: {spacing: levels(spacing, schedule) for spacing in SPACINGS} for name, schedule in SCHEDULES.items()
        },
        "cases": cases,
    }
    OUT.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
