"""Calls operators of libtorch with arguments made from their schemas, and writes what they answer.

    python3 bindings/src/test/python/make_operators.py

writes bindings/src/test/resources/operators/golden.txt.gz, which OperatorGoldenTest calls again from Java. Needs the
torch package of the libtorch that the bindings are built with.

Every operator that the dispatcher knows is tried with a few shapes, dtypes and numbers until it accepts one; what
refuses all of them, answers nothing that can be compared, or answers differently when called twice, or in a process
whose fresh memory holds something else, is left out. So are operators that need another device, random ones that take
no generator, and those that read past the end of what they are given.
The operators run in child processes, since some of them end the process when given what they do not expect.

A line a call: name, overload, arguments, results; the arguments and results separated by '|'.
    -  None             *  the default           i3  an int        f0.5  a float      b1  a bool
    stext  a string     dfloat32  a dtype        g7  a generator on the CPU with this seed
    I1,2  ints          F0.5,1  floats           B1,0  bools       V...;...  tensors or None
    tfloat32:2,3:p1  an argument: dtype, shape, recipe and seed (see `number`)
    tfloat32:2,3:0000803f  a result: dtype, shape, and the bytes in row-major order
    f3fe0000000000000  a result: the bits of a float
    [...;...]  a list of results
"""
import gzip
import itertools
import os
import pathlib
import pickle
import re
import signal
import struct
import subprocess
import sys
import tempfile

os.environ.setdefault("OMP_NUM_THREADS", "1")
import torch  # noqa: E402

OUT = pathlib.Path(__file__).parent.parent / "resources" / "operators" / "golden.txt.gz"
LEFT_OUT = re.compile(
    r"empty|cudnn|miopen|cuda|mkldnn|mps|xpu|vulkan|quant|fbgemm|xnnpack|record_stream|resize|storage|_test_|pin_memory|"
    r"is_pinned|nested|_nnpack|_transform_bias|dropout|rrelu|_assert|_print|_async|sym_constrain|_make_dep_token|"
    r"_debug|_fw_primal|_make_dual|_unpack_dual|_has_compatible|set_data|set_|retain_grad|requires_grad|_backward|"
    r"_version|hspmm|coo_|_coo|csr|csc|bsr|bsc|sparse|_spdiags|spmm|smm|sspaddmm|_cslt|_scaled_mm|_int_mm|_int4|_int8|"
    r"_dyn_quant|_fused_rms|_flash|_efficient|_fused_sdp|_validate|_lazy_clone|crow|ccol|dense_dim|to_dense|"
    r"_cufft|is_coalesced|_dimI|_dimV|_wrapped|_local_scalar|from_file|_choose_qparams|_saturate|q_scale|q_zero|qscheme|"
    r"_compute_linear_combination|_padded_dense_to_jagged|_weight_norm_interface|"
    # make libtorch warn that they are old or unfinished
    r"::_aminmax|_lu_with_info|chain_matmul|::cholesky\b(?!_)|::cross|frobenius_norm|nuclear_norm|::ger|index_reduce|"
    r"meshgrid|::qr|stft|triangular_solve|::range|nonzero_static")
MAX_ELEMENTS = 200
DTYPES = ("float32", "float64", "int64", "int32", "bool", "uint8", "complex64")


# ---------------------------------------------------------------- arguments as text, and made of it

def number(recipe, i, seed, shape):
    """Element i, in row-major order, of an argument; OperatorGoldenTest has the same."""
    if recipe == "p":  # in (0, 1)
        return ((i * 37 + seed * 11) % 101 + 1) / 103
    if recipe == "s":  # in (-1, 1)
        return 2 * (((i * 37 + seed * 11) % 101 + 1) / 103) - 1
    if recipe == "k":  # 0, 1 or 2
        return (i * 7 + seed) % 3
    if recipe == "m":  # symmetric and positive definite
        n = shape[-1]
        row, column = i // n % n, i % n
        return (n if row == column else 0) + (row + column + seed) % 5 / 10
    raise ValueError(recipe)


def tensor(text):
    dtype, shape, recipe = text.split(":")
    shape = [int(n) for n in shape.split(",") if n]
    count = 1
    for size in shape:
        count *= size
    values = [number(recipe[0], i, int(recipe[1:]), shape) for i in range(count)]
    return torch.tensor(values, dtype=torch.float64).reshape(shape).to(getattr(torch, dtype))


def parse(text):
    kind, rest = text[0], text[1:]
    items = rest.split(",") if rest else []
    if kind == "-":
        return None
    if kind == "t":
        return tensor(rest)
    if kind == "V":
        return [parse(one) for one in rest.split(";")]
    if kind == "g":
        return torch.Generator().manual_seed(int(rest))
    simple = {"i": lambda: int(rest), "f": lambda: float(rest), "b": lambda: rest == "1", "s": lambda: rest,
              "d": lambda: getattr(torch, rest), "I": lambda: [int(n) for n in items],
              "F": lambda: [float(n) for n in items], "B": lambda: [n == "1" for n in items]}
    return simple[kind]()


class Unfit(Exception):
    """A result that cannot be written or compared."""


def write(value):
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "b1" if value else "b0"
    if isinstance(value, int):
        return f"i{value}"
    if isinstance(value, float):
        return "f" + struct.pack(">d", value).hex()
    if isinstance(value, (list, tuple)):
        return "[" + ";".join(write(one) for one in value) + "]"
    if not isinstance(value, torch.Tensor):
        raise Unfit(type(value))
    dtype = str(value.dtype).removeprefix("torch.")
    if value.layout != torch.strided or value.device.type != "cpu" or dtype not in DTYPES:
        raise Unfit(dtype)
    if value.numel() > MAX_ELEMENTS:
        raise Unfit("large")
    plain = value.detach().resolve_conj().resolve_neg().contiguous()
    data = plain.reshape(-1).view(torch.uint8).numpy().tobytes().hex() if plain.numel() else ""
    return f"t{dtype}:{','.join(map(str, plain.shape))}:{data}"


# --------------------------------------------------------------------- arguments from a schema

MAIN = ("tfloat32:2,3:p1", "tfloat32:3,3:m1", "tfloat32:2,3:s1", "tfloat32:4:s1", "tfloat32:2,3,4:s1",
        "tfloat32:1,2,4,4:s1", "tint64:2,3:k1", "tbool:2,3:k1", "tfloat32::p1", "tfloat64:2,3:s1", "tcomplex64:2,3:s1",
        "tfloat32:1,2,4,4,4:p1", "tint64:4:k1", "tfloat32:1:p1", "tfloat32:2,2:p1")
INDEX_NAMES = re.compile(r"index|indices|target|repeats|offsets|boundaries|lengths|sorter|batch_sizes")
INT_BY_NAME = {"dim": (0, 1, -1), "dim0": (0,), "dim1": (1,), "start_dim": (0,), "end_dim": (-1,), "groups": (1,),
               "num_groups": (1, 2), "reduction": (1, 0), "steps": (3,), "n": (3, 2), "k": (1,), "sections": (1, 2),
               "chunks": (2,), "diagonal": (0,), "offset": (0,), "source": (0,), "destination": (1,), "high": (9,),
               "low": (0,), "num_classes": (4,), "window_length": (5,), "step": (1,), "size": (2,), "end": (2,),
               "length": (1,), "dimension": (0,), "correction": (1,), "bins": (4,), "N": (3,), "row": (3,), "col": (3,),
               "upscale_factor": (1, 2), "downscale_factor": (1, 2), "kernel_size": (2,), "fweights": (1,)}
INTS_BY_NAME = {"dim": ("I0", "I1", "I0,1"), "dims": ("I0", "I0,1", "I1,0"), "size": ("I2,3", "I3,2", "I6"),
                "shape": ("I6", "I3,2"), "kernel_size": ("I2", "I2,2", "I2,2,2"), "stride": ("I1", "I1,1", "I2,2,2"),
                "padding": ("I0", "I0,0", "I1,1", "I0,0,0"), "dilation": ("I1", "I1,1", "I1,1,1"),
                "output_size": ("I2", "I2,2", "I2,2,2"), "pad": ("I1,1", "I1,1,1,1"), "repeats": ("I2,1", "I2,2,2"),
                "output_padding": ("I0", "I0,0"), "normalized_shape": ("I3", "I4"), "split_sizes": ("I1,1", "I2,2"),
                "shifts": ("I1", "I1,1"), "sizes": ("I2,3", "I3,1"), "s": ("I2",), "dims_self": ("I0",),
                "dims_other": ("I0",), "tile_dims": ("I2", "I2,2"), "block_size": ("I1",), "indices": ("I1",)}


def options(argument, main):
    """What can be tried for an argument of a schema, the likeliest first."""
    name, kind = argument.name, str(argument.real_type)
    optional = kind.startswith("Optional[")
    base = kind[9:-1] if optional else kind
    found = []
    if base == "Tensor":
        if name in ("self", "input"):
            found = [main]
        elif argument.is_out:  # given empty: resizing one that is not makes libtorch warn
            found = [f"t{main[1:].split(':')[0]}:0:p2", "tint64:0:k2", "tbool:0:k2"]
        elif INDEX_NAMES.search(name):
            shape = main.split(":")[1]
            found = [f"tint64:{shape}:k2", "tint64:2:k2", "tint64::k1", "tint64:2,3:k1"]
        elif "mask" in name or "condition" in name:
            found = [f"tbool:{main.split(':')[1]}:k2"]
        else:
            dtype, shape, recipe = main[1:].split(":")
            last = shape.split(",")[-1]
            found = [f"t{dtype}:{shape}:{recipe[0]}2", f"t{dtype}:{last}:{recipe[0]}2"]
            if "," in shape:
                swapped = ",".join(shape.split(",")[:-2] + shape.split(",")[-1:] + shape.split(",")[-2:-1])
                found.append(f"t{dtype}:{swapped}:{recipe[0]}2")
                found.append(f"t{dtype}:{shape.split(',')[1]}:{recipe[0]}2")
    elif base in ("int", "SymInt", "Optional[int]"):
        found = [f"i{n}" for n in INT_BY_NAME.get(name, (1, 2, 0))]
    elif base == "float":
        found = ["f0.5", "f2.0"]
    elif base == "number":
        found = ["f0.5", "i2"]
    elif base == "bool":
        found = ["b0", "b1"]
    elif base in ("List[int]", "List[SymInt]"):
        found = list(INTS_BY_NAME.get(name, ("I1", "I1,1", "I2,3")))
    elif base == "List[float]":
        found = ["F0.5", "F0.5,2.0"]
    elif base == "List[bool]":
        found = ["B1,1,1", "B1,1"]
    elif base == "List[number]":
        found = ["F0.5,2.0"]
    elif base == "List[Tensor]":
        found = [f"V{main};{main[:-1]}3"]
        if INDEX_NAMES.search(name):
            found = ["Vtint64:2:k1"]
    elif base == "List[Optional[Tensor]]":
        found = ["Vtint64:2:k1", "V-;tint64:2:k1"]
    elif base == "ScalarType":
        found = ["dfloat64", "dfloat32"]
    elif base == "Generator":
        return ["g7"]
    elif base == "str":
        found = {"reduce": ["ssum", "samax"], "indexing": ["sij"], "mode": ["sreduced", "sfloor"]}.get(name, ["snone"])
    if optional or argument.has_default_value():
        # Alternately with and without, so that both ways are taken by many operators.
        left_out = "*" if argument.has_default_value() else "-"
        given_first = len(name) % 2 == 0 and base in ("int", "number", "bool", "List[int]", "float")
        found = [*found[:1], left_out] if given_first else [left_out, *found[:1]]
    return found


def attempts(schema, limit=40):
    """Rows of arguments, the likeliest first."""
    for main in MAIN:
        rows = itertools.product(*(options(argument, main) for argument in schema.arguments))
        yield from itertools.islice(rows, limit)


# ---------------------------------------------------------------------------------- calling

def call(overload, schema, row):
    positional, named, by_name = [], {}, False
    for argument, text in zip(schema.arguments, row):
        by_name = by_name or argument.kwarg_only or text == "*"
        if text == "*":
            continue
        if by_name:
            named[argument.name] = parse(text)
        else:
            positional.append(parse(text))
    result = overload(*positional, **named)
    results = () if result is None and not schema.returns else result if len(schema.returns) > 1 else (result,)
    return "|".join(write(one) for one in results)


def case(full):
    """The line of an operator, or None if nothing was found that it takes."""
    name, _, overload_name = full.partition(".")
    schema = torch._C._get_schema(name, overload_name)
    namespace, short = name.split("::")
    overload = getattr(getattr(getattr(torch.ops, namespace), short), overload_name or "default")
    takes_generator = any("Generator" in str(argument.real_type) for argument in schema.arguments)
    if torch.Tag.nondeterministic_seeded in overload.tags and not takes_generator:
        return None
    for row in attempts(schema):
        try:
            first = call(overload, schema, row)
            if first and "t" in first + "f" and first == call(overload, schema, row):
                return f"{name}\t{overload_name}\t{'|'.join(row)}\t{first}"
        except (Unfit, RuntimeError, TypeError, ValueError, IndexError, NotImplementedError, AttributeError,
                AssertionError, OverflowError):
            continue
    return None


def in_children(names):
    """The lines of all; an operator that kills its child or takes too long has none."""
    lines, position = [], 0
    while position < len(names):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            sys.stderr = open(os.devnull, "w")
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            with os.fdopen(writer, "wb") as out:
                for name in names[position:]:
                    signal.alarm(20)
                    pickle.dump(case(name), out)
                    out.flush()
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as source:
            while position < len(names):
                try:
                    lines.append(pickle.load(source))
                except EOFError:
                    print("left out, it ended the process:", names[position])
                    break
                finally:
                    position += 1
        os.waitpid(child, 0)
    return [line for line in lines if line]


def measure(out):
    torch.set_num_threads(1)
    names = sorted(name for name in torch._C._dispatch_get_all_op_names()
                   if name.startswith("aten::") and not LEFT_OUT.search(name))
    print(len(names), "operators are tried")
    with open(out, "wb") as file:
        pickle.dump(in_children(names), file)


def main():
    runs = []
    for filling in ("1", "202"):  # what malloc fills new memory with
        with tempfile.NamedTemporaryFile() as file:
            subprocess.run([sys.executable, __file__, file.name], check=True, env=os.environ | {"MALLOC_PERTURB_": filling})
            runs.append(pickle.load(file))
    lines = [line for line in runs[0] if line in set(runs[1])]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    head = f"# libtorch {torch.__version__.partition('+')[0]}, {torch.backends.cpu.get_cpu_capability()}"
    with gzip.GzipFile(OUT, "wb", compresslevel=9, mtime=0) as out:
        out.write("\n".join([head, *lines, ""]).encode())
    print(f"{len(lines)} operators, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    measure(sys.argv[1]) if len(sys.argv) > 1 else main()
