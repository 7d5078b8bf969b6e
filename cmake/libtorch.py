"""Finds libtorch for the build, or fetches it.

    python3 cmake/libtorch.py find [--libtorch=DIR] [--cmake=FILE]   print its folder; describe it to CMake in FILE
    python3 cmake/libtorch.py verify                                 compare the fetched one with its checksums

Looked at in order: --libtorch or $LIBTORCH, an importable Python torch, the user's cache ($XDG_CACHE_HOME or ~/.cache,
in gradus/). Where there is none, pip fetches the CPU build into the cache; libtorch_fetch.py does that.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import re
import sys

import libtorch_fetch
from libtorch_fetch import LibtorchError

OLDEST = (2, 7)
LIBRARIES = ("c10", "torch_cpu")
SUFFIX = ".dylib" if sys.platform == "darwin" else ".so"


class Libtorch:
    """A folder with lib/ and include/ whose content has been looked at."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).expanduser().resolve()
        if not self.folder.is_dir():
            raise LibtorchError(f"{self.folder} is not a folder")
        for name in LIBRARIES:
            self._require(f"lib/lib{name}{SUFFIX}")
        self._require("include/ATen/core/Tensor.h")
        header = self._require("include/torch/csrc/api/include/torch/version.h", "include/torch/headeronly/version.h")
        self.version = self._version(header)
        if self.version < OLDEST:
            raise LibtorchError(f"{self.folder} is libtorch {self.version_text}, older than {OLDEST[0]}.{OLDEST[1]}")

    def _require(self, *names):
        found = next((self.folder / n for n in names if (self.folder / n).is_file()), None)
        if found is None:
            raise LibtorchError(f"{self.folder} is not a libtorch: it has no {names[0]}")
        return found

    def _version(self, header):
        text = header.read_text()
        if "TORCH_VERSION_MAJOR" not in text or not re.search(r"define\s+TORCH_VERSION_MAJOR\s+\d", text):
            text = self._require("include/torch/headeronly/version.h").read_text()
        parts = [re.search(rf"define\s+TORCH_VERSION_{part}\s+(\d+)", text) for part in ("MAJOR", "MINOR", "PATCH")]
        if not all(parts):
            raise LibtorchError(f"{header} does not tell the version of libtorch")
        return tuple(int(part[1]) for part in parts)

    @property
    def version_text(self):
        return ".".join(map(str, self.version))

    def variant(self, cuda):
        """cpu, or the CUDA that it is built for, such as cu130; `cuda` are the folders of CUDA's headers."""
        if not cuda:
            return "cpu"
        for name in ("build-version", "version.py"):
            file = self.folder / name
            stated = re.search(r"\+(cu\d+)", file.read_text()) if file.is_file() else None
            if stated:
                return stated[1]
        header = (cuda[0] / "cuda_runtime_api.h").read_text()
        version = int(re.search(r"define\s+CUDART_VERSION\s+(\d+)", header)[1])  # 13000 is 13.0
        return f"cu{version // 1000}{version % 1000 // 10}"

    @property
    def cxx11_abi(self):
        """1 or 0: which of the two std::string of libstdc++ it was built with."""
        config = self.folder / "share/cmake/Torch/TorchConfig.cmake"
        found = re.search(r"_GLIBCXX_USE_CXX11_ABI=([01])", config.read_text()) if config.is_file() else None
        return int(found[1]) if found else 1

    def cuda_include_folders(self):
        """Where cuda_runtime_api.h and its like are; empty for a CPU build or without those headers."""
        if not (self.folder / f"lib/libtorch_cuda{SUFFIX}").exists():
            return []
        homes = [os.environ.get("CUDA_HOME"), os.environ.get("CUDA_PATH"), "/usr/local/cuda"]
        folders = [pathlib.Path(home) / "include" for home in homes if home]
        folders += sorted(self.folder.parent.glob("nvidia/*/include"))
        with_runtime = [folder for folder in folders if (folder / "cuda_runtime_api.h").is_file()]
        if not with_runtime:
            warn(f"{self.folder} can do CUDA, but the headers of CUDA were not found (set CUDA_HOME): building for the CPU")
            return []
        # The toolkit may lack what the packages beside a Python torch have, or have one folder per component.
        return with_runtime[:1] + [folder for folder in folders if folder.is_dir() and folder != with_runtime[0]]

    def describe_to_cmake(self):
        cuda = self.cuda_include_folders()
        values = {
            "Libtorch_ROOT_DIR": self.folder,
            "Libtorch_VERSION": self.version_text,
            "Libtorch_VARIANT": self.variant(cuda),
            "Libtorch_CXX11_ABI": self.cxx11_abi,
            "Libtorch_CUDA": "ON" if cuda else "OFF",
            "Libtorch_CUDA_INCLUDE_DIRS": ";".join(map(str, cuda)),
        }
        return "".join(f"set({name} [==[{value}]==])\n" for name, value in values.items())


def warn(text):
    print(f"warning: {text}", file=sys.stderr, flush=True)


def python_torch():
    """The folder of an importable torch package, without importing it; None where there is none."""
    try:
        spec = importlib.util.find_spec("torch")
    except (ImportError, ValueError):
        return None
    return pathlib.Path(spec.origin).parent if spec and spec.origin else None


def find(explicit=None):
    """The libtorch to build with; fetches one where there is none."""
    if explicit:
        return named(explicit, "LIBTORCH")
    installed = python_torch()
    if installed:
        try:
            return Libtorch(installed)
        except LibtorchError as e:
            warn(f"not using the torch of {sys.executable}: {e}")
    cached = libtorch_fetch.cached_folder()
    if not libtorch_fetch.is_complete(cached):
        libtorch_fetch.fetch()
    return Libtorch(cached)


def named(folder, by):
    try:
        return Libtorch(folder)
    except LibtorchError as e:
        raise LibtorchError(
            f"{by} names no usable libtorch: {e}. Give the folder of an unpacked libtorch or of Python's torch package, or "
            f"unset {by} to let the build fetch libtorch {libtorch_fetch.VERSION}."
        ) from None


def write_if_changed(file, text):
    path = pathlib.Path(file)
    if not path.is_file() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Finds libtorch for the build, or fetches it.")
    commands = parser.add_subparsers(dest="command", required=True)
    find_command = commands.add_parser("find")
    find_command.add_argument("--libtorch", default="", help="folder to use instead of searching")
    find_command.add_argument("--cmake", help="file that gets the answer as CMake variables")
    commands.add_parser("verify")
    options = parser.parse_args(arguments)
    try:
        if options.command == "verify":
            folder = libtorch_fetch.cached_folder()
            print(json.dumps(libtorch_fetch.verify(folder), indent=2))
            return 0
        found = find(options.libtorch or os.environ.get("LIBTORCH"))
        if options.cmake:
            write_if_changed(options.cmake, found.describe_to_cmake())
        else:
            print(found.folder)
        return 0
    except LibtorchError as e:
        print(f"error: {e}", file=sys.stderr, flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
