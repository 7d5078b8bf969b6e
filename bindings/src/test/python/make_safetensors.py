"""Make the safetensors files under src/test/resources/safetensors with the format's reference library.

    pip install torch==2.13.0 safetensors
    python make_safetensors.py ../resources/safetensors

Element i of every tensor is a number that its dtype holds exactly, so the tests know what to expect.
"""
import sys

import torch
from safetensors.torch import save_file

out = sys.argv[1]
SIGNED = ["float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "int64", "int32", "int16", "int8"]
UNSIGNED = ["uint8", "uint16", "uint32", "uint64"]

tensors = {f"{n}.weight": (torch.arange(6) - 2).reshape(2, 3).to(getattr(torch, n)) for n in SIGNED}
tensors |= {f"{n}.weight": torch.arange(6).reshape(2, 3).to(getattr(torch, n)) for n in UNSIGNED}
tensors["float8_e8m0fnu.weight"] = (2.0 ** torch.arange(6)).reshape(2, 3).to(torch.float8_e8m0fnu)
tensors["bool.weight"] = (torch.arange(6) % 2 == 1).reshape(2, 3)
tensors["complex64.weight"] = torch.complex(torch.arange(3.0), -torch.arange(3.0))
save_file(tensors, f"{out}/dtypes.safetensors")

save_file({"scalar": torch.tensor(0.25), "empty": torch.empty(0, 3), "": torch.ones(1),
           "größe \"q\" \\ \t": torch.full((1, 2, 1), 2.5), "\U0001f600": torch.ones(1), "\uff5e": torch.zeros(1)},
          f"{out}/names.safetensors", metadata={"about": "größe\n\"q\" / \\ \x7f"})
save_file({}, f"{out}/none.safetensors")
