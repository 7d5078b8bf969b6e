"""Makes the TorchScript modules of ScriptFeaturesTest, in ../resources/goldens/eval-script, and what Python gets from them.

features.pt       answers features (B, 4, 1, 1)
tuple.pt          answers (features, logits)
logits-first.pt   answers (logits, features)
dict.pt           answers {"features": ..., "logits": ...}
asked.pt          answers features where the parameter return_features is true, else logits
nonsense.pt       answers something else than features, by the height of the images
expected.safetensors
    images (3, 1, 8, 8)
    features.SIZE.RANGE, probabilities.SIZE.RANGE    what tuple.pt says of the images, prepared so

    pip install torch==2.13.0 numpy safetensors
"""
from pathlib import Path
from typing import Any, Dict, Tuple

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

FOLDER = Path(__file__).resolve().parent.parent / "resources" / "goldens" / "eval-script"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.head = nn.Linear(4, 3)

    def features(self, x: Tensor) -> Tensor:
        return torch.tanh(self.conv(x.float() / 8)).square().mean((2, 3), keepdim=True)

    def logits(self, features: Tensor) -> Tensor:
        return self.head(features.flatten(1)) * 5


class Features(Net):
    def forward(self, x: Tensor) -> Tensor:
        return self.features(x)


class Pair(Net):
    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        features = self.features(x)
        return features, self.logits(features)


class LogitsFirst(Net):
    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        features = self.features(x)
        return self.logits(features), features


class Named(Net):
    def forward(self, x: Tensor) -> Dict[str, Tensor]:
        features = self.features(x)
        return {"logits": self.logits(features), "features": features}


class Asked(Net):
    def forward(self, x: Tensor, return_features: bool = False) -> Tensor:
        features = self.features(x)
        return features if return_features else self.logits(features)


class Nonsense(nn.Module):
    def forward(self, x: Tensor) -> Any:
        rows = x.size(0)
        size = x.size(2)
        if size == 1:
            return "a text"
        if size == 2:
            return None
        if size == 3:
            return torch.ones(rows + 1, 4)
        if size == 4:
            return torch.full((rows, 4), float("nan"))
        if size == 5:
            return torch.ones(rows, 4, dtype=torch.int64)
        if size == 6:
            return torch.ones(rows, 4, 2, 2)
        if size == 7:
            return torch.ones(rows, 0)
        if size == 8:
            return (torch.ones(rows, 4), torch.ones(3))
        if size == 9:
            raise RuntimeError("no such size")
        # Fewer features for brighter images.
        return torch.ones(rows, 4 if bool(x.mean() < 0) else 3)


def prepared(images, size, range):
    rgb = images.repeat(1, 3, 1, 1)
    if size:
        rgb = F.interpolate(rgb, (size, size), mode="bilinear", antialias=True, align_corners=False)
    unit = (rgb + 1) / 2
    mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    return {"SIGNED": rgb, "UNIT": unit, "BYTES": unit * 255, "UINT8": (unit * 255).round().to(torch.uint8),
            "IMAGENET": (unit - mean) / deviation}[range]


def main():
    torch.manual_seed(20_240_310)
    FOLDER.mkdir(parents=True, exist_ok=True)
    weights = Net().state_dict()
    modules = {"features": Features(), "tuple": Pair(), "logits-first": LogitsFirst(), "dict": Named(), "asked": Asked()}
    for name, module in modules.items():
        module.load_state_dict(weights)
        torch.jit.script(module.eval()).save(str(FOLDER / f"{name}.pt"))
    torch.jit.script(Nonsense()).save(str(FOLDER / "nonsense.pt"))
    images = (torch.randint(0, 256, (3, 1, 8, 8)) / 127.5 - 1).clamp(-1, 1)
    out = {"images": images}
    for size, range in [(0, "SIGNED"), (5, "SIGNED"), (12, "UNIT"), (0, "BYTES"), (12, "UINT8"), (0, "IMAGENET")]:
        with torch.no_grad():
            features, logits = modules["tuple"](prepared(images, size, range))
        out[f"features.{size}.{range}"] = features.flatten(1)
        out[f"probabilities.{size}.{range}"] = logits.softmax(1)
    save_file({k: v.contiguous() for k, v in out.items()}, FOLDER / "expected.safetensors")


if __name__ == "__main__":
    main()
