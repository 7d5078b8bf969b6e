"""Write what Python prints of a table of tensors.

    pip install torch==2.13.0
    python make_printing.py > ../resources/golden/printing.txt

A case is a line "# dtype shape elements options step" followed by the text. Elements are "hex:" and their bytes, or
"range:a:b:k" for (arange(n) * a + b) % k in float64, converted. Options are those of set_printoptions, by their first
letters. Step is "-", or what is done to the tensor first.
"""
import warnings

import torch

warnings.simplefilter("ignore")
nan, inf = float("nan"), float("inf")
f = torch.tensor
SPARSE = {"sparse": torch.Tensor.to_sparse, "sparseRows": torch.Tensor.to_sparse_csr, "sparseColumns": torch.Tensor.to_sparse_csc}


def show(tensor, elements, options="-", step="-"):
    known = {"p": "precision", "t": "threshold", "e": "edgeitems", "l": "linewidth", "s": "sci_mode"}
    given = {} if options == "-" else {known[o[0]]: int(o[1:]) for o in options.split(",")}
    if "sci_mode" in given:
        given["sci_mode"] = bool(given["sci_mode"])
    shape = "x".join(map(str, tensor.shape)) if tensor.dim() else "scalar"
    print(f"# {str(tensor.dtype)[6:]} {shape} {elements} {options} {step}")
    if step == "leaf":
        tensor.requires_grad_(True)
    elif step in SPARSE:
        tensor = SPARSE[step](tensor)
    elif step != "-":
        tensor = getattr(tensor.requires_grad_(True), step)()
    torch.set_printoptions(profile="default")
    torch.set_printoptions(**given)
    print(repr(tensor))


def case(tensor, *how):
    data = tensor.contiguous().reshape(-1)
    data = data if data.dtype == torch.uint8 else data.view(torch.uint8)
    show(tensor, "hex:" + bytes(data.tolist()).hex(), *how)


def ramp(dtype, shape, a, b, k, *how):
    count = torch.Size(shape).numel()
    tensor = ((torch.arange(count, dtype=torch.float64) * a + b) % k).to(dtype).reshape(shape)
    show(tensor, f"range:{a}:{b}:{k}", *how)


for numbers in [1.0, -1.5, 0.0, -0.0, nan, inf, 1e-5, 123456.0, 1e9, 0.1, 99999.5, 3e38]:
    case(f(numbers))
for numbers in [[1.0, 2, 3], [1, 2.5, -3], [0.0, 0], [-0.0, 1], [1e-5, 1], [1e5, 1], [1e8, 1e8], [2e8, 1e8], [1001.0, 1], [1000.0, 1],
                [0.00012, 0.5], [0.00002, 0.00002], [1.5, 1501], [nan, 1], [nan, 1.5], [inf, -inf, nan], [inf, 1e-7], [-inf, 100.25],
                [0, 1e-7, 1], [0.00005, 0.00015], [0.00005, 0.05], [2.5, 3.5, 0.5], [0.12345, 0.12355], [1e-45, 1], [9.99995, 1], [9999.95, 99.5]]:
    case(f(numbers))
for dtype in [torch.float64, torch.float16, torch.bfloat16]:
    case(f([0.1, 1.5, -2], dtype=dtype))
    case(f([[1.0, 2], [3, 4]], dtype=dtype))
case(f([1e-300, 1e300], dtype=torch.float64))
case(f([1 / 3, 2e-5], dtype=torch.float64), "p10")
for dtype in [torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz]:
    case(f([0.5, -1, 240]).to(dtype))
    case(f([1.0, 2, nan]).to(dtype))
case(f([0.25, 2.0, 1024]).to(torch.float8_e8m0fnu))
case(f([18, 255], dtype=torch.uint8).view(torch.float4_e2m1fn_x2))
for dtype in [torch.int8, torch.int16, torch.int32, torch.int64]:
    case(f([[1, -20], [100, 0]], dtype=dtype))
for dtype in [torch.uint8, torch.uint16, torch.uint32]:
    case(f([1, 200, 0], dtype=torch.int64).to(dtype))
case(f([-1, 5]).view(torch.uint64))
case(f([2**62, -(2**63)]))
case(f([True, False]))
case(f([[True], [True]]))
case(f(True))
for numbers in [[1 + 2j, -1.5 - 0.5j], [0j, 1 - 1j], [complex(nan, -inf), 1e-6j], [complex(-0.0, -0.0), 3]]:
    case(f(numbers))
case(f(1 + 2j))
case(f([1 + 2j], dtype=torch.complex128))
case(f([1 + 2j, 3.5 + 0j]).to(torch.complex32))
case(f([]))
for shape in [(0, 3), (2, 0, 1)]:
    case(torch.empty(shape))
case(torch.empty(0, dtype=torch.int64))
case(torch.empty((3, 0), dtype=torch.bool))
ramp(torch.float32, (30,), 0.37, -3, 100)
ramp(torch.int64, (60,), 7, 0, 1009)
ramp(torch.float32, (2, 3, 4), 0.5, 0, 100)
ramp(torch.int32, (2, 1, 2, 3), 1, 0, 1000)
ramp(torch.float32, (3, 25), 1.25, 0, 1000)
ramp(torch.float32, (1000,), 1, 0, 1000)
ramp(torch.float32, (1001,), 1, 0, 5000)
ramp(torch.float32, (40, 40), 0.01, 0, 100)
ramp(torch.int64, (7, 6, 40), 1, 0, 10000)
ramp(torch.bool, (2000,), 1, 0, 3)
ramp(torch.float16, (4, 400), 0.5, 0, 7)
ramp(torch.complex64, (1100,), 1, 0, 12)
ramp(torch.float32, (2, 2, 500), 1e-3, 0, 1)
ramp(torch.int64, (12,), 1, 0, 100, "t5")
ramp(torch.int64, (12,), 1, 0, 100, "t5,e1")
ramp(torch.int64, (5, 5), 1, 0, 100, "t5,e1")
ramp(torch.int64, (5, 5), 1, 0, 100, "t5,e2")
ramp(torch.int64, (5, 5), 1, 0, 100, "t5,e0")
ramp(torch.int64, (5,), 1, 0, 100, "e0")
ramp(torch.float32, (40,), 0.25, 0, 100, "l40")
ramp(torch.float32, (40,), 0.25, 0, 100, "l120")
ramp(torch.float32, (6,), 0.3, 0, 100, "p2")
ramp(torch.float32, (6,), 0.3, 0, 100, "p0")
ramp(torch.float32, (6,), 0.3, 0, 100, "p8")
ramp(torch.float32, (6,), 0.3, 0, 100, "s1")
ramp(torch.float32, (6,), 3, 0, 100, "s1")
ramp(torch.float32, (6,), 3e4, 1, 1e9, "s0")
ramp(torch.float64, (2, 6), 0.1, 0, 100, "-", "leaf")
ramp(torch.float32, (2, 3), 0.1, 0, 100, "-", "leaf")
for step in ["exp", "sum", "flatten", "sigmoid", "neg", "abs"]:
    ramp(torch.float32, (2, 3), 0.1, 0, 100, "-", step)
ramp(torch.float64, (2, 12), 0.1, 0, 100, "-", "exp")
for step in SPARSE:
    ramp(torch.float32, (2, 6), 0.5, 0, 2, "-", step)
    ramp(torch.int32, (3, 3), 1, 0, 1, "-", step)
    ramp(torch.float64, (10, 12), 1, 0, 3, "t50,e2", step)
