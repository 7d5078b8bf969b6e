"""Writes the TorchScript modules of ScriptModuleTest, and what Python gets from them:

    python3 bindings/src/test/python/make_script_modules.py bindings/src/test/resources/script

mlp.pt        a perceptron with dropout and a buffer
control.pt    control flow, and results of every kind
expected.safetensors  inputs, outputs and gradients of the perceptron
"""
import pathlib
import sys
from typing import Dict, List, Optional, Tuple

import torch
from safetensors.torch import save_file


class Mlp(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Dropout(0.5), torch.nn.Linear(5, 2))
        self.register_buffer("scale", torch.tensor([2.0, 3.0]))
        self.register_buffer("calls", torch.tensor(7))

    def forward(self, x):
        return self.layers(x) * self.scale


class Control(torch.nn.Module):
    version: int

    def __init__(self):
        super().__init__()
        self.version = 3
        self.labels = ["a", "b"]

    def forward(self, x: torch.Tensor, steps: int = 2) -> torch.Tensor:
        for i in range(steps):
            if bool(x.sum() > 10):
                x = x / 2
            else:
                x = x + i
        return x

    @torch.jit.export
    def parts(self, x: torch.Tensor, name: str) -> Tuple[torch.Tensor, Dict[str, torch.Tensor], int, float, bool, str]:
        return x.sum(), {name: x * 2, "zero": x - x}, x.dim(), 0.5, True, name + "!"

    @torch.jit.export
    def join(self, tensors: List[torch.Tensor], sizes: List[int], pair: Tuple[int, float], weights: Dict[str, float],
             bias: Optional[torch.Tensor] = None) -> List[torch.Tensor]:
        total = torch.cat(tensors) * pair[0] + pair[1]
        for key in weights:
            total = total * weights[key]
        if bias is not None:
            total = total + bias
        return list(torch.split(total, sizes))

    @torch.jit.export
    def fail(self, x: torch.Tensor) -> torch.Tensor:
        raise ValueError("no such luck")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    mlp = torch.jit.script(Mlp().eval())
    mlp.save(str(folder / "mlp.pt"))
    torch.jit.script(Control()).save(str(folder / "control.pt"))

    x = torch.randn(4, 3, requires_grad=True)
    y = mlp(x)
    y.sum().backward()
    tensors = {"x": x, "y": y, "x.grad": x.grad}
    tensors |= {name + ".grad": parameter.grad for name, parameter in mlp.named_parameters()}
    save_file({name: tensor.detach().contiguous() for name, tensor in tensors.items()}, str(folder / "expected.safetensors"))


if __name__ == "__main__":
    main()
