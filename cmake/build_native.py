"""Builds the native library for Maven: configures when something about the set-up changed, then builds what changed.

    python3 cmake/build_native.py BUILD_FOLDER RESOURCES_FOLDER [--libtorch=DIR] [--without-tests]
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys

import libtorch
from libtorch_fetch import LibtorchError

NATIVE = pathlib.Path(__file__).resolve().parent.parent / "native"


def main():
    parser = argparse.ArgumentParser(description="Builds the native library for Maven.")
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("resources", type=pathlib.Path)
    parser.add_argument("--libtorch", default="")
    parser.add_argument("--without-tests", action="store_true")
    options = parser.parse_args()
    options.build, options.resources = options.build.resolve(), options.resources.resolve()
    try:
        found = libtorch.find(options.libtorch or os.environ.get("LIBTORCH"))
    except LibtorchError as e:
        print(f"error: {e}", file=sys.stderr, flush=True)
        return 1
    return configure(found, options) or build(options.build)


def configure(found, options):
    command = ["cmake", "-S", str(NATIVE), "-B", str(options.build), f"-DLIBTORCH={found.folder}"]
    command += [f"-DGRADUS_RESOURCES={options.resources}"]
    if options.without_tests:
        command += ["-DGRADUS_BUILD_TESTS=OFF"]
    if shutil.which("ninja"):
        command += ["-G", "Ninja"]
    # What the answer of a configuration depends on, the CMake files aside, which CMake looks at itself.
    inputs = "\n".join([*command, found.describe_to_cmake(), *(f"{n}={os.environ.get(n)}" for n in ("CC", "CXX", "CXXFLAGS"))])
    stamp = options.build / "configured.txt"
    if stamp.is_file() and stamp.read_text() == inputs:
        return 0
    shutil.rmtree(options.build, ignore_errors=True)
    options.build.mkdir(parents=True)
    print(f"Native library: configuring for libtorch {found.version_text} in {found.folder}", flush=True)
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        print(result.stdout, file=sys.stderr, flush=True)
        return result.returncode
    for line in result.stdout.splitlines():
        if "Kernels for GPUs:" in line:
            print(line, flush=True)
    stamp.write_text(inputs)
    return 0


def build(folder):
    """Builds; the names of the steps are shown only when there are any."""
    command = ["cmake", "--build", str(folder), "--parallel", str(os.cpu_count() or 1)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in process.stdout:
        if not is_chatter(line):
            print(line, end="", flush=True)
    return process.wait()


def is_chatter(line):
    return line.startswith(("ninja: no work", "[0/", "make", "Consolidate", "Scanning", "-- Removed runtime path")) or "] Built target" in line


if __name__ == "__main__":
    sys.exit(main())
