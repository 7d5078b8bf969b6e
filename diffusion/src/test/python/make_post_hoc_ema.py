"""Makes ../resources/goldens/post-hoc-ema.json: power function averages and their combination, in float64.

From Karras et al., "Analyzing and Improving the Training Dynamics of Diffusion Models" (arXiv 2312.02696), section 3 and its
appendix. The profile of an average after t steps is p(tau) = (gamma + 1) tau^gamma / t^(gamma + 1) on [0, t]. Its relative
standard deviation and all inner products are integrated numerically here, not taken from closed forms; the exponent of a
deviation is the root of that integral; and the factors come from a solver for least squares on the profiles themselves, sampled at
the nodes of a Gauss-Legendre rule, rather than from normal equations.

    pip install numpy scipy
"""
import json
from pathlib import Path

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq

OUT = Path(__file__).resolve().parent.parent / "resources" / "goldens" / "post-hoc-ema.json"


def profile(tau, gamma, t):
    return np.where(tau <= t, (gamma + 1) * (tau / t) ** gamma / t, 0.0)


def deviation(gamma):
    mean = quad(lambda x: x * profile(x, gamma, 1.0), 0, 1, epsabs=1e-14, epsrel=1e-14)[0]
    square = quad(lambda x: x * x * profile(x, gamma, 1.0), 0, 1, epsabs=1e-14, epsrel=1e-14)[0]
    return np.sqrt(square - mean**2)


def gamma_of(std):
    return brentq(lambda gamma: deviation(gamma) - std, 0, 1e3, xtol=1e-12)


def nodes(edges):
    """A rule that is exact where a profile ends, too."""
    x, w = np.polynomial.legendre.leggauss(60)
    parts = [(a, b) for a, b in zip([0.0] + edges[:-1], edges)]
    tau = np.concatenate([(b - a) / 2 * x + (a + b) / 2 for a, b in parts])
    weight = np.concatenate([(b - a) / 2 * w for a, b in parts])
    return tau, weight


deviations = [0.05, 0.1]
steps = [200.0, 400.0, 600.0, 800.0, 1000.0]
profiles = [(gamma_of(std), t) for t in steps for std in deviations]
tau, weight = nodes(steps)
matrix = np.stack([profile(tau, gamma, t) for gamma, t in profiles], 1) * np.sqrt(weight)[:, None]

fits = []
for std, t in [(0.15, 1000.0), (0.075, 1000.0), (0.2, 1000.0), (0.1, 1000.0), (0.12, 800.0)]:
    target = profile(tau, gamma_of(std), t) * np.sqrt(weight)
    used = [i for i, (_, end) in enumerate(profiles) if end <= t]
    factors = np.linalg.lstsq(matrix[:, used], target, rcond=None)[0]
    error = np.linalg.norm(matrix[:, used] @ factors - target) / np.linalg.norm(target)
    fits.append(dict(deviation=std, step=t, factors=factors.tolist(), error=float(error)))

pairs = [(0.05, 300.0, 0.1, 500.0), (0.1, 500.0, 0.05, 300.0), (0.05, 700.0, 0.15, 400.0), (0.1, 50.0, 0.1, 50.0)]
dots = [
    quad(lambda x: profile(x, gamma_of(a), ta) * profile(x, gamma_of(b), tb), 0, min(ta, tb), epsabs=1e-15, epsrel=1e-13)[0]
    for a, ta, b, tb in pairs
]
OUT.write_text(
    json.dumps(
        dict(
            gammas={str(std): gamma_of(std) for std in [0.01, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.28]},
            deviations=deviations,
            steps=steps,
            fits=fits,
            dots=[dict(pair=pair, value=value) for pair, value in zip(pairs, dots)],
        ),
        indent=1,
    )
    + "\n"
)
