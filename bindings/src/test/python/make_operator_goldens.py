"""Writes what Python makes of the examples of the operator table, for OperatorExamplesTest.

python make_operator_goldens.py    with torch and safetensors of the libtorch that the tests run on

The file has the operands (names in capitals) and, for each example, its results "name/example/number" and the dtype of each in
its metadata; complex ones are stored as pairs. Before each example the default generator is seeded with 0.
"""
import ast
import pathlib
import sys

import torch
from safetensors.torch import save_file

SOURCES = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCES / "main" / "operators"))

import examples  # noqa: E402
import table  # noqa: E402


def operands():
    g = torch.Generator().manual_seed(1)

    def real(*shape, low=0.1, high=0.9):
        return low + (high - low) * torch.rand(*shape, generator=g, dtype=torch.float64)

    def integers(*shape, low=0, high=9):
        return torch.randint(low, high, shape, generator=g)

    inf, nan = float("inf"), float("nan")
    spread = real(3, 3)
    positive_definite = spread @ spread.T + torch.eye(3, dtype=torch.float64)
    pooled, places = torch.nn.functional.max_pool2d(real(1, 2, 6, 6), 2, return_indices=True)
    lu, pivots = torch.linalg.lu_factor(spread)
    ld, ld_pivots = torch.linalg.ldl_factor(positive_definite)
    window = torch.hann_window(8, dtype=torch.float64)
    return {
        "POOLED": pooled,
        "PLACES": places,
        "LUF": lu,
        "PIVOTS": pivots,
        "LDF": ld,
        "PIVOTS2": ld_pivots,
        "WINDOW": window,
        "STFT": torch.stft(real(16), 8, 4, 8, window, return_complex=True),
        "OFFSETS": torch.tensor([0, 1]),
        "W8": real(8, 3),
        "U8": real(8, 2),
        "A": real(2, 3),
        "B": real(2, 3),
        "C": real(3),
        "D": torch.tensor([0.2, 0.4, 0.6, 0.8], dtype=torch.float64),
        "N": real(2, 3, low=-2, high=2),
        "P": real(2, 3, low=2, high=4),
        "Q": torch.tensor([[1, nan, -inf], [0.5, -0.5, inf]], dtype=torch.float64),
        "V": real(5),
        "M": real(3, 3) + 2 * torch.eye(3, dtype=torch.float64),
        "S": positive_definite,
        "LS": torch.linalg.cholesky(positive_definite),
        "T": real(3, 2),
        "A3": real(3, 2),
        "A3S": real(3, 2),
        "E2": real(2),
        "E3": real(3),
        "E22": real(2, 2),
        "E32": real(3, 2),
        "W6": real(6, 3),
        "U6": real(6, 2),
        "R122": real(1, 2, 2),
        "L12": torch.tensor([1, 2]),
        "ONE": torch.tensor(0.25, dtype=torch.float64),
        "Z": torch.complex(real(2, 3), real(2, 3)),
        "G": integers(3, 2, high=3),
        "I": integers(2, 3, low=1),
        "J": integers(2, 3, low=1),
        "I3": integers(2, 2, high=3),
        "L": torch.tensor([2, 0]),
        "L3": torch.tensor([2, 0, 1]),
        "K": torch.tensor([[True, False, True], [False, True, True]]),
        "BM": real(2, 3, 3),
        "X": real(1, 2, 6, 6),
        "X3": real(1, 2, 6),
        "X4": real(1, 4, 3, 3),
        "X5": real(1, 2, 4, 4, 4),
        "X18": real(1, 8, 9),
        "W": real(3, 2, 3, 3),
        "WT": real(2, 3, 3, 3),
        "W1": real(3, 2, 3),
        "W1T": real(2, 3, 3),
        "W5": real(3, 2, 2, 2, 2),
        "W5T": real(2, 3, 2, 2, 2),
        "GRID": real(1, 3, 3, 2, low=-1, high=1),
        "THETA": real(1, 2, 3),
        "R16": real(16),
        "SIGNS": torch.tensor([[1, -1, 1], [-1, -1, 1]], dtype=torch.float64),
        "SIGN2": torch.tensor([1, -1], dtype=torch.float64),
        "MULTI": torch.tensor([[0, 2, -1], [1, -1, -1], [2, 1, 0]]),
        "LOGP": torch.log_softmax(real(4, 2, 3), 2),
        "TARGETS": torch.tensor([[1, 2], [2, 1]]),
    }


def evaluate(example, fixtures):
    def python(node):
        if isinstance(node, ast.Name):
            return fixtures[node.id] if node.id in fixtures else getattr(torch, node.id)
        if isinstance(node, ast.List):
            return [python(item) for item in node.elts]
        if isinstance(node, ast.Constant) or not isinstance(node, ast.Name):
            return ast.literal_eval(node)
        raise ValueError(ast.dump(node))

    schema = example.row.schema
    operator = getattr(getattr(torch.ops.aten, schema.name), schema.overload or "default")
    values = {("dtype" if name == "options" else name): python(node) for name, node in example.arguments.items()}
    if schema.name.endswith("_"):
        values["self"] = values["self"].clone()
    positional = [values[a.name] for a in schema.arguments if a.name in values and not a.keyword_only]
    missing = [a.name for a in schema.arguments if a.name not in values and not a.keyword_only]
    later = {a.name: values[a.name] for a in schema.arguments if a.name in values and a.keyword_only}
    if missing:
        first = [a.name for a in schema.arguments].index(missing[0])
        later |= {a.name: values[a.name] for a in schema.arguments[first:] if a.name in values}
        positional = [values[a.name] for a in schema.arguments[:first]]
    torch.manual_seed(0)
    results = operator(*positional, **later)
    return list(results) if isinstance(results, (tuple, list)) else [results]


def main():
    fixtures = operands()
    tensors = dict(fixtures)
    dtypes = {name: str(tensor.dtype).removeprefix("torch.") for name, tensor in fixtures.items()}
    for example in examples.read(table.read(SOURCES / "main" / "operators")):
        try:
            results = evaluate(example, fixtures)
        except Exception as error:
            raise SystemExit(f"{example.key} {example.java}: {error}") from error
        for i, result in enumerate(results):
            result = result if isinstance(result, torch.Tensor) else torch.tensor(result)
            key = f"{example.key}/{i}"
            dtypes[key] = str(result.dtype).removeprefix("torch.")
            tensors[key] = result
    for key, tensor in tensors.items():
        if tensor.is_complex():
            tensor = torch.view_as_real(tensor.resolve_conj())
        tensors[key] = tensor.detach().clone().contiguous()
    save_file(tensors, SOURCES / "test" / "resources" / "operators" / "goldens.safetensors", metadata=dtypes)
    print(f"{len(dtypes) - len(fixtures)} results")


if __name__ == "__main__":
    main()
