"""Fetches the CPU build of libtorch with pip into the user's cache.

The folder appears under its name only when it is complete: everything is made under a temporary name beside it and
renamed at the end. A lock lets one build fetch while others wait. What was fetched is recorded in fetched.json (name,
size and SHA-256 of the wheel), and every unpacked file is compared with the checksum that the wheel's RECORD gives.
"""
import base64
import contextlib
import csv
import fcntl
import hashlib
import io
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import zipfile

VERSION = "2.13.0"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
WHEEL_MB = 192  # about; the progress bar needs no more
SPACE_NEEDED = 1200 * 2**20
KEPT = ("torch/lib/", "torch/include/", "torch/share/cmake/")
NOT_KEPT = ("libtorch_python", "libshm")
RECORD_FILE = "RECORD.csv"
FETCHED_FILE = "fetched.json"


class LibtorchError(Exception):
    """Says what was wrong, where, and what to do."""


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return pathlib.Path(base) / "gradus"


def cached_folder():
    return cache_folder() / f"libtorch-{VERSION}"


def is_complete(folder):
    """Whether every file is there in its full size."""
    try:
        return all((folder / name).stat().st_size == size for name, _, size in read_record(folder))
    except (OSError, ValueError):
        return False


def verify(folder):
    """Compares every file with its checksum; answers what was recorded of the wheel."""
    if not folder.is_dir():
        raise LibtorchError(f"{folder} does not exist: nothing has been fetched")
    for name, digest, _ in read_record(folder):
        if digest_of(folder / name) != digest:
            raise LibtorchError(f"{folder / name} is damaged; remove {folder} and build again")
    return json.loads((folder / FETCHED_FILE).read_text())


def read_record(folder):
    with open(folder / RECORD_FILE, newline="") as lines:
        return [(name, digest, int(size)) for name, digest, size in csv.reader(lines)]


def fetch():
    """Puts libtorch into the cache, unless another build does so first."""
    target = cached_folder()
    target.parent.mkdir(parents=True, exist_ok=True)
    with lock(target.parent / "libtorch.lock"):
        if is_complete(target):
            return target
        remove_stale(target)
        check_space(target.parent)
        with terminate_as_exit(), temporary_folder(target) as work:
            wheel = download(work)
            unpacked = work / "unpacked"
            unpack(wheel, unpacked)
            os.rename(unpacked, target)
    say(f"libtorch {VERSION} is in {target}")
    return target


@contextlib.contextmanager
def lock(path):
    with open(path, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another build is fetching libtorch; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def remove_stale(target):
    """Removes what an interrupted fetch left. The lock is held, so nobody is using it."""
    for path in target.parent.glob("libtorch-*.tmp"):
        shutil.rmtree(path, ignore_errors=True)
    if target.exists():
        say(f"{target} is not complete; fetching it again")
        shutil.rmtree(target)


def check_space(folder):
    free = shutil.disk_usage(folder).free
    if free < SPACE_NEEDED:
        raise LibtorchError(
            f"{folder} has {free >> 20} MiB free and fetching libtorch takes {SPACE_NEEDED >> 20} MiB. Make room, "
            "set XDG_CACHE_HOME to another disk, or set LIBTORCH to a libtorch that you have."
        )


@contextlib.contextmanager
def terminate_as_exit():
    """A build that is told to stop cleans up as it does after Ctrl-C."""

    def stop(number, _):
        sys.exit(128 + number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def temporary_folder(target):
    work = pathlib.Path(tempfile.mkdtemp(prefix=target.name + "-", suffix=".tmp", dir=target.parent))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def download(work):
    """Fetches the wheel with pip: from the index that is configured, else from PyTorch's own."""
    attempts = [[f"torch=={VERSION}+cpu"], ["--index-url", CPU_INDEX, f"torch=={VERSION}+cpu"]]
    if not (sys.platform == "linux" and platform.machine() == "x86_64"):
        attempts += [["--index-url", CPU_INDEX, f"torch=={VERSION}"], [f"torch=={VERSION}"]]
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode != 0:
        raise LibtorchError(f"{sys.executable} has no pip, which fetches libtorch. Install it: apt-get install python3-pip")
    failures = []
    for attempt in attempts:
        wheels = work / "wheel"
        code, output = run_pip(attempt, wheels, work)
        found = sorted(wheels.glob("torch-*.whl"))
        if code == 0 and found:
            return found[0]
        errors = [line for line in output.splitlines() if line.startswith("ERROR")] or output.splitlines()[-1:]
        failures.append(f"pip download {' '.join(attempt)}: {errors[0] if errors else f'exit code {code}'}")
    raise LibtorchError(
        f"pip could not fetch libtorch {VERSION}:\n  " + "\n  ".join(failures) + "\nCheck the network and pip's configuration, or "
        "set LIBTORCH to the folder of a libtorch that you have."
    )


def run_pip(attempt, wheels, work):
    scratch = work / "pip"
    scratch.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    command += ["--only-binary=:all:", "--no-cache-dir", "--retries", "1", "--dest", str(wheels), *attempt]
    environment = dict(os.environ, TMPDIR=str(scratch))
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        with Progress("Fetching libtorch", WHEEL_MB, lambda: folder_size(work) / 1e6):
            output, _ = process.communicate()
    except BaseException:
        process.kill()
        process.wait()
        raise
    return process.returncode, output


def folder_size(folder):
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.stat(os.path.join(base, name)).st_size
    return total


def unpack(wheel, target):
    """Unpacks the parts that are needed and compares each file with the wheel's own checksums."""
    target.mkdir()
    kept, total, done = [], 0, 0
    with zipfile.ZipFile(wheel) as archive:
        digests = wheel_record(archive, wheel)
        members = [m for m in archive.infolist() if is_kept(m.filename)]
        total = sum(m.file_size for m in members)
        with Progress("Unpacking libtorch", total / 1e6, lambda: done / 1e6):
            for member in members:
                name = member.filename.removeprefix("torch/")
                path = target / name
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, open(path, "wb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
                done += member.file_size
                digest = digests.get(member.filename)
                if digest is None or digest_of(path) != digest:
                    raise LibtorchError(f"{member.filename} in {wheel.name} does not match its checksum; try again")
                kept.append((name, digest, member.file_size))
    if not kept:
        raise LibtorchError(f"{wheel.name} holds no libtorch")
    with open(target / RECORD_FILE, "w", newline="") as file:
        csv.writer(file).writerows(kept)
    facts = {"wheel": wheel.name, "version": VERSION, "bytes": wheel.stat().st_size, "sha256": digest_of(wheel, hex=True)}
    (target / FETCHED_FILE).write_text(json.dumps(facts, indent=2) + "\n")


def is_kept(name):
    return name.startswith(KEPT) and not name.endswith("/") and not any(part in name for part in NOT_KEPT)


def wheel_record(archive, wheel):
    name = next((n for n in archive.namelist() if n.endswith(".dist-info/RECORD")), None)
    if name is None:
        raise LibtorchError(f"{wheel.name} has no RECORD and cannot be checked")
    rows = csv.reader(io.StringIO(archive.read(name).decode()))
    return {row[0]: row[1].removeprefix("sha256=") for row in rows if len(row) > 1 and row[1].startswith("sha256=")}


def digest_of(path, hex=False):
    """SHA-256 of a file, written as a wheel's RECORD writes it, or in hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest() if hex else base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()


class Progress:
    """Shows how far a task is: a bar on the terminal, else a line now and then."""

    def __init__(self, title, total, current, period=None):
        self.title, self.total, self.current = title, total, current
        self.terminal = open_terminal()
        self.period = period or (0.25 if self.terminal else 5.0)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        if not self.terminal:
            say(f"{self.title} ({self.total:.0f} MB)")
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
        if self.terminal:
            self.terminal.write("\r\x1b[K")
            self.terminal.close()

    def _run(self):
        while not self.ended.wait(self.period):
            part = min(self.current() / max(self.total, 1e-6), 1.0)
            if self.terminal:
                bar = "#" * int(30 * part)
                self.terminal.write(f"\r{self.title} [{bar:<30}] {100 * part:3.0f} % of {self.total:.0f} MB\x1b[K")
                self.terminal.flush()
            else:
                say(f"{self.title}: {100 * part:.0f} %")


def open_terminal():
    """The terminal that the user looks at, even where Maven has put pipes between; None in a job without one."""
    if os.environ.get("CI") or os.environ.get("TERM", "dumb") == "dumb":
        return None
    try:
        return open("/dev/tty", "w")
    except OSError:
        return None


def say(text):
    print(text, flush=True)
