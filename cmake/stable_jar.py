"""Rewrites jars so that two builds of one commit give the same bytes: python3 cmake/stable_jar.py JAR...

Entries are sorted and get one fixed time; what tells when, by whom and with which Java Maven ran is left out. (The jar
plugins that do this hand a jar with a module in it to the jar tool of the Java that runs Maven, which may be too old.)
"""
import os
import re
import sys
import zipfile

TIME = (2026, 1, 1, 0, 0, 0)  # that of project.build.outputTimestamp in pom.xml
FIRST = ("META-INF/", "META-INF/MANIFEST.MF")  # where Java expects them
SHIFTING = re.compile(rb"^(?:Built-By|Build-Jdk[^:]*|Created-By):.*\r?\n(?: .*\r?\n)*", re.MULTILINE)


def stable_content(name, data):
    if name == "META-INF/MANIFEST.MF":
        return SHIFTING.sub(b"", data)
    if name.startswith("META-INF/maven/") and name.endswith("/pom.properties"):
        lines = (line for line in data.splitlines() if not line.startswith(b"#"))
        return b"".join(line + b"\n" for line in sorted(lines))
    return data


def write(path, files):
    """Writes a jar of a dictionary from names to bytes, under a temporary name first."""
    temporary = f"{path}.new"
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as jar:
        for name in sorted(files, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name)):
            entry = zipfile.ZipInfo(name, TIME)
            entry.create_system = 3
            entry.external_attr = (0o40755 << 16 | 0x10) if name.endswith("/") else 0o100644 << 16
            entry.compress_type = zipfile.ZIP_STORED if name.endswith("/") else zipfile.ZIP_DEFLATED
            jar.writestr(entry, stable_content(name, files[name]))
    os.replace(temporary, path)


def read(path):
    with zipfile.ZipFile(path) as jar:
        return {entry.filename: jar.read(entry) for entry in jar.infolist()}


def content(folder, pattern):
    """The files of a folder that fit a pattern, by their paths in it, as write takes them."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob(pattern) if file.is_file()}


def main(paths):
    for path in paths:
        write(path, read(path))


if __name__ == "__main__":
    main(sys.argv[1:])
