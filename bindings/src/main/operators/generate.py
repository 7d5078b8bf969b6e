"""Writes the Java operators from the operator table (*.ops here); README.md describes its form.

generate.py           writes the files
generate.py --check   says which of them differ from the table; exit code 1 if any does
generate.py --fill    completes rows of a bare name, such as "aten::roll", with the schema of the installed torch
"""
import argparse
import pathlib
import re
import sys

import examples
import java
import table

HERE = pathlib.Path(__file__).resolve().parent
MAIN = HERE.parent / "java" / "dev" / "gradus" / "torch"
TEST = HERE.parents[1] / "test" / "java" / "dev" / "gradus" / "torch"
RESOURCES = HERE.parents[1] / "test" / "resources" / "operators"


def generated():
    """The files and what belongs into them."""
    operators = table.read(HERE)
    files = {MAIN / name: text for name, text in java.places(operators).items()}
    files |= {TEST / name: text for name, text in examples.places(operators).items()}
    return files | {RESOURCES / "operators.tsv": java.schemas(operators)}


def stale(files):
    """Files that an earlier table made."""
    for folder in (MAIN, TEST):
        for file in folder.glob("*.java"):
            if file not in files and file.read_text().startswith(java.HEADER):
                yield file


def fill():
    import torch

    schemas = {}
    for s in torch._C._jit_get_all_schemas():
        schemas[s.name + ("." + s.overload_name if s.overload_name else "")] = str(s)
    for file in HERE.glob("*.ops"):
        text = file.read_text()
        file.write_text(re.sub(r"^(aten::[\w.]+)$", lambda m: schemas.get(m[1], m[1]), text, flags=re.MULTILINE))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--fill", action="store_true")
    options = parser.parse_args()
    if options.fill:
        fill()
        return 0
    files = generated()
    old = list(stale(files))
    changed = [file for file, text in files.items() if not file.exists() or file.read_text() != text]
    for file in changed + old:
        print(f"{file.relative_to(HERE.parents[2])}: {'not what the table makes' if options.check else 'written'}")
    if options.check:
        return 1 if changed or old else 0
    for file in changed:
        file.write_text(files[file])
    for file in old:
        file.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
