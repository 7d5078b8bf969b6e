"""Makes the golden files of the metrics: ../resources/goldens/eval.safetensors.

Everything is float64. Each case CASE has
    CASE.generated (M, D), CASE.reference (N, D)    features
    CASE.fid, CASE.kid, CASE.kid_subsets (2: mean, standard deviation)
    CASE.kid_generated, CASE.kid_reference (S, size)    the images of the subsets, int64
    CASE.prdc    precision and recall (k = 3), density and coverage (k = 5)
matrix.NAME and root.NAME are symmetric matrices and their roots; probabilities (N, K) and
inception_score (2: mean, standard deviation over SPLITS).

Square roots come from mpmath with 40 digits, as those of scipy lose half of theirs where the
matrix is singular; scipy's agree where it is not. Neighbours come from scikit-learn.

    pip install torch==2.13.0 numpy safetensors scipy scikit-learn mpmath
"""
from pathlib import Path

import mpmath
import numpy as np
import scipy.linalg
from safetensors.numpy import save_file
from scipy.stats import entropy
from sklearn.metrics.pairwise import euclidean_distances, polynomial_kernel
from sklearn.neighbors import NearestNeighbors

RESOURCES = Path(__file__).resolve().parent.parent / "resources" / "goldens"
SPLITS = 3
mpmath.mp.dps = 40


def exact_root(matrix):
    """The root of a symmetric positive semi-definite matrix; its eigenvalues below 1e-25 are 0."""
    values, vectors = mpmath.eigsy(matrix)
    roots = mpmath.diag([mpmath.sqrt(v) if v > mpmath.mpf("1e-25") else 0 for v in values])
    return vectors * roots * vectors.T


def exact_moments(features):
    x = mpmath.matrix(features.tolist())
    n, d = x.rows, x.cols
    mean = [mpmath.fsum(x[i, j] for i in range(n)) / n for j in range(d)]
    centred = mpmath.matrix(n, d)
    for i in range(n):
        for j in range(d):
            centred[i, j] = x[i, j] - mean[j]
    return mean, centred.T * centred / (n - 1)


def trace(matrix):
    return mpmath.fsum(matrix[i, i] for i in range(matrix.rows))


def fid(a, b):
    mean_a, cov_a = exact_moments(a)
    mean_b, cov_b = exact_moments(b)
    root = exact_root(cov_a)
    inner = root * cov_b * root
    middle = exact_root((inner + inner.T) / 2)
    means = mpmath.fsum((p - q) ** 2 for p, q in zip(mean_a, mean_b))
    return float(means + trace(cov_a) + trace(cov_b) - 2 * trace(middle))


def fid_by_scipy(a, b):
    root = scipy.linalg.sqrtm(np.cov(a, rowvar=False) @ np.cov(b, rowvar=False))
    return (np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(np.cov(a, rowvar=False))
            + np.trace(np.cov(b, rowvar=False)) - 2 * np.trace(root).real)


def kid(a, b):
    kernel = dict(degree=3, gamma=1 / a.shape[1], coef0=1)
    aa, bb, ab = polynomial_kernel(a, **kernel), polynomial_kernel(b, **kernel), polynomial_kernel(a, b, **kernel)
    m, n = len(a), len(b)
    return ((aa.sum() - np.trace(aa)) / (m * (m - 1)) + (bb.sum() - np.trace(bb)) / (n * (n - 1)) - 2 * ab.mean())


def radii(x, k):
    return NearestNeighbors(n_neighbors=k + 1).fit(x).kneighbors(x)[0][:, k]


def prdc(fake, real):
    distances = euclidean_distances(real, fake)
    precision = (distances <= radii(real, 3)[:, None]).any(axis=0).mean()
    recall = (distances <= radii(fake, 3)[None, :]).any(axis=1).mean()
    inside = distances < radii(real, 5)[:, None]
    return np.array([precision, recall, inside.sum(axis=0).mean() / 5, inside.any(axis=1).mean()])


def case(name, generated, reference, out, rng):
    size = min(len(generated), len(reference)) // 2 + 2
    of_generated = np.stack([rng.permutation(len(generated))[:size] for _ in range(4)])
    of_reference = np.stack([rng.permutation(len(reference))[:size] for _ in range(4)])
    estimates = [kid(generated[i], reference[j]) for i, j in zip(of_generated, of_reference)]
    out.update({
        f"{name}.generated": generated,
        f"{name}.reference": reference,
        f"{name}.fid": np.array([fid(generated, reference)]),
        f"{name}.kid": np.array([kid(generated, reference)]),
        f"{name}.kid_generated": of_generated,
        f"{name}.kid_reference": of_reference,
        f"{name}.kid_subsets": np.array([np.mean(estimates), np.std(estimates)]),
        f"{name}.prdc": prdc(generated, reference),
    })
    print(name, "fid", out[f"{name}.fid"], "by scipy", fid_by_scipy(generated, reference), "kid",
          out[f"{name}.kid"], "prdc", out[f"{name}.prdc"])


def main():
    rng = np.random.default_rng(20_240_310)
    out = {}
    mix = rng.normal(size=(6, 6))
    case("plain", rng.normal(size=(40, 6)) @ mix + 0.3, rng.normal(size=(50, 6)) @ mix, out, rng)
    # fewer images than features: both covariances are singular
    case("singular", rng.normal(size=(7, 20)), rng.normal(size=(9, 20)) * 1.5, out, rng)
    # features that do not vary, as those of a unit that is always 0
    dead = np.concatenate([rng.normal(size=(30, 4)), np.zeros((30, 2))], axis=1)
    case("dead", dead[:14], dead[14:] * 2, out, rng)
    case("shifted", 1e4 + rng.normal(size=(25, 5)), 1e4 + 1 + rng.normal(size=(30, 5)), out, rng)

    factor = rng.normal(size=(8, 8))
    matrices = {"regular": factor @ factor.T, "singular": factor[:, :3] @ factor[:, :3].T, "zero": np.zeros((3, 3)),
                "diagonal": np.diag([4.0, 0.0, 1e-8, 9.0])}
    for name, matrix in matrices.items():
        matrix = (matrix + matrix.T) / 2
        out[f"matrix.{name}"] = matrix
        root = exact_root(mpmath.matrix(matrix.tolist()))
        out[f"root.{name}"] = np.array(root.tolist(), dtype=np.float64)
    print("root of regular, largest difference from scipy:",
          np.abs(scipy.linalg.sqrtm(matrices["regular"]) - out["root.regular"]).max())

    logits = rng.normal(size=(32, 5)) * 3
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    p[0] = [1, 0, 0, 0, 0]
    bounds = [len(p) * i // SPLITS for i in range(SPLITS + 1)]
    parts = [p[i:j] for i, j in zip(bounds, bounds[1:])]
    scores = [np.exp(np.mean([entropy(row, part.mean(axis=0)) for row in part])) for part in parts]
    out["probabilities"] = p
    out["inception_score"] = np.array([np.mean(scores), np.std(scores)])
    save_file({k: np.ascontiguousarray(v) for k, v in out.items()}, RESOURCES / "eval.safetensors")


if __name__ == "__main__":
    main()
