"""Checks or applies clang-format on the C and C++ files of native/.

    python3 cmake/clang_format.py check|apply

The version is pinned, since two versions seldom agree, and fetched by pip into the user's cache.
Where pip cannot get it, the check is skipped and says so.
"""
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

VERSION = "23.1.1"
ROOT = pathlib.Path(__file__).resolve().parent.parent
SUFFIXES = {".c", ".cc", ".cpp", ".cu", ".cuh", ".h", ".hpp", ".inc"}


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return pathlib.Path(base) / "gradus"


def find_tool():
    """The pinned clang-format, fetched on first use; None where it cannot be had."""
    folder = cache_folder() / f"clang-format-{VERSION}"
    tool = folder / "clang_format" / "data" / "bin" / "clang-format"
    if tool.exists():
        return tool
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / "clang-format.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if tool.exists():
            return tool
        print(f"Fetching clang-format {VERSION} with pip (once)", flush=True)
        temporary = tempfile.mkdtemp(prefix="clang-format-", suffix=".tmp", dir=folder.parent)
        try:
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
            pip += ["--retries", "0", "--target", temporary, f"clang-format=={VERSION}"]
            result = subprocess.run(pip, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            if result.returncode != 0:
                return None
            shutil.rmtree(folder, ignore_errors=True)
            os.rename(temporary, folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return tool if tool.exists() else None


def main():
    mode = sys.argv[1]
    files = [f for f in sorted((ROOT / "native").rglob("*")) if f.suffix in SUFFIXES]
    if not files:
        return 0
    tool = find_tool()
    if tool is None:
        print(f"warning: C++ formatting not checked: pip has no clang-format {VERSION} here", flush=True)
        return 0
    options = ["-i"] if mode == "apply" else ["--dry-run", "-Werror", "--ferror-limit=3"]
    result = subprocess.run([str(tool), "--style=file", *options, *map(str, files)], cwd=ROOT)
    return result.returncode


if __name__ == "__main__":
    sys.exit(main())
