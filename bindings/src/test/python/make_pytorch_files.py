"""Makes ../resources/pytorch: files of torch.save, and what is in them as safetensors.

    pip install torch safetensors numpy
"""
import argparse
import os
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import save_file

OUT = Path(__file__).resolve().parent.parent / "resources" / "pytorch"


class Runs:
    """Writes a file when Python reads it."""

    def __reduce__(self):
        return os.system, ("touch was-run",)


def main():
    OUT.mkdir(exist_ok=True)
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    state = module.state_dict()  # with an attribute, the versions of its parts
    numbers = torch.arange(12.0)
    state["all"] = numbers
    state["part"] = numbers[4:8]
    state["transposed"] = numbers.reshape(3, 4).t()
    state["one"] = torch.tensor(2.5)
    state["none"] = torch.empty(0, 3)
    for name in ("float64", "float16", "bfloat16", "int32", "int16", "int8", "uint8", "bool"):
        state[name] = torch.tensor([0, 1, 5]).to(getattr(torch, name))
    torch.save(state, OUT / "state.pt")
    torch.save(state, OUT / "protocol4.pt", pickle_protocol=4)
    save_file({name: tensor.contiguous().clone() for name, tensor in state.items()}, OUT / "expected.safetensors")

    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
    module(torch.randn(4, 3)).sum().backward()
    optimizer.step()
    torch.save(dict(model={"w": torch.zeros(1)}, ema=OrderedDict(w=torch.nn.Parameter(torch.ones(2))),
                    opt=optimizer.state_dict(), args=argparse.Namespace(model="DiT-XL/2", big=2**40, negative=-3)),
               OUT / "checkpoint.pt")
    torch.save({"w": torch.ones(2), "bad": Runs()}, OUT / "runs.pt")
    torch.save(module, OUT / "module.pt")
    torch.save({"w": torch.ones(2)}, OUT / "old.pt", _use_new_zipfile_serialization=False)


if __name__ == "__main__":
    main()
