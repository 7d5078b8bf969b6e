"""Tests of libtorch.py and libtorch_fetch.py on made-up wheels; nothing is downloaded. ctest runs them."""
import base64
import contextlib
import hashlib
import io
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile
from unittest import mock

HERE = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

import libtorch  # noqa: E402
import libtorch_fetch  # noqa: E402
from libtorch_fetch import LibtorchError  # noqa: E402

VERSION_H = "#define TORCH_VERSION_MAJOR {}\n#define TORCH_VERSION_MINOR {}\n#define TORCH_VERSION_PATCH {}\n"


def libtorch_files(version=(2, 13, 0)):
    return {
        "lib/libc10.so": b"c10",
        "lib/libtorch_cpu.so": b"torch" * 1000,
        "include/ATen/core/Tensor.h": b"// a header",
        "include/torch/csrc/api/include/torch/version.h": VERSION_H.format(*version).encode(),
        "share/cmake/Torch/TorchConfig.cmake": b'set(TORCH_CXX_FLAGS "-D_GLIBCXX_USE_CXX11_ABI=1")',
    }


def write_wheel(folder, files, damaged=None):
    """A wheel of torch with the given files; the content of `damaged` does not match its checksum."""
    folder.mkdir(exist_ok=True)
    info = "torch-2.13.0+cpu.dist-info/"
    content = {"torch/" + name: data for name, data in files.items()}
    content["torch/lib/libtorch_python.so"] = b"not needed"
    content[info + "METADATA"] = b"Metadata-Version: 2.1\nName: torch\nVersion: 2.13.0+cpu\n"
    content[info + "WHEEL"] = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    rows = []
    for name, data in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{name},sha256={digest},{len(data)}")
    rows.append(f"{info}RECORD,,")
    with zipfile.ZipFile(folder / "torch-2.13.0+cpu-py3-none-any.whl", "w") as wheel:
        for name, data in content.items():
            wheel.writestr(name, b"something else" if name == damaged else data)
        wheel.writestr(info + "RECORD", "\n".join(rows) + "\n")


def unpacked(folder, version=(2, 13, 0)):
    for name, data in libtorch_files(version).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


class LibtorchTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="libtorch test ")).resolve()
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.wheels = self.folder / "wheels"
        self.cache = self.folder / "cache" / "gradus"
        self.fetched = self.cache / "libtorch-2.13.0"
        environment = {
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": "wheels",
            "CI": "true",
        }
        patch = mock.patch.dict(os.environ, environment)
        patch.start()
        self.addCleanup(patch.stop)
        for name in ("LIBTORCH", "PIP_CONSTRAINT", "PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL"):
            os.environ.pop(name, None)
        before = os.getcwd()
        os.chdir(self.folder)
        self.addCleanup(os.chdir, before)
        no_python_torch = mock.patch.object(libtorch, "python_torch", return_value=None)
        no_python_torch.start()
        self.addCleanup(no_python_torch.stop)

    def find(self, explicit=None):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            found = libtorch.find(explicit)
        return found, output.getvalue()

    def assert_refused(self, call, *words):
        with contextlib.redirect_stdout(io.StringIO()), self.assertRaises(LibtorchError) as caught:
            call()
        for word in words:
            self.assertIn(str(word), str(caught.exception))

    def test_fetches_into_the_cache_and_keeps_only_what_the_build_needs(self):
        write_wheel(self.wheels, libtorch_files())
        found, output = self.find()
        self.assertEqual(found.folder, self.fetched)
        self.assertEqual(found.version, (2, 13, 0))
        self.assertIn("Fetching libtorch", output)
        self.assertFalse((self.fetched / "lib/libtorch_python.so").exists())
        self.assertEqual(sorted(p.name for p in self.cache.iterdir()), ["libtorch-2.13.0", "libtorch.lock"])

    def test_records_the_checksum_of_the_wheel(self):
        write_wheel(self.wheels, libtorch_files())
        self.find()
        wheel = next(self.wheels.iterdir())
        facts = libtorch_fetch.verify(self.fetched)
        self.assertEqual(facts["wheel"], wheel.name)
        self.assertEqual(facts["sha256"], hashlib.sha256(wheel.read_bytes()).hexdigest())

    def test_verify_names_a_damaged_file(self):
        write_wheel(self.wheels, libtorch_files())
        self.find()
        (self.fetched / "lib/libc10.so").write_bytes(b"c11")
        self.assert_refused(lambda: libtorch_fetch.verify(self.fetched), "libc10.so", "damaged")

    def test_fetches_once(self):
        write_wheel(self.wheels, libtorch_files())
        self.find()
        shutil.rmtree(self.wheels)
        _, output = self.find()
        self.assertEqual(output, "")

    def test_fetches_again_when_a_file_is_cut_short(self):
        write_wheel(self.wheels, libtorch_files())
        self.find()
        (self.fetched / "lib/libtorch_cpu.so").write_bytes(b"torch")
        _, output = self.find()
        self.assertIn("not complete", output)
        libtorch_fetch.verify(self.fetched)

    def test_refuses_a_wheel_whose_content_does_not_match_its_checksums(self):
        write_wheel(self.wheels, libtorch_files(), damaged="torch/lib/libtorch_cpu.so")
        self.assert_refused(self.find, "libtorch_cpu.so", "checksum")
        self.assertEqual([p.name for p in self.cache.iterdir()], ["libtorch.lock"])

    def test_an_interrupted_fetch_leaves_nothing(self):
        write_wheel(self.wheels, libtorch_files())
        with mock.patch.object(libtorch_fetch, "unpack", side_effect=KeyboardInterrupt):
            with contextlib.redirect_stdout(io.StringIO()), self.assertRaises(KeyboardInterrupt):
                libtorch.find()
        self.assertEqual([p.name for p in self.cache.iterdir()], ["libtorch.lock"])

    def test_a_terminated_fetch_leaves_nothing(self):
        write_wheel(self.wheels, libtorch_files())
        code = "import time, libtorch_fetch as f; f.unpack = lambda *_: (print('unpacking', flush=True), time.sleep(60)); f.fetch()"
        process = self.start(code)
        while "unpacking" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGTERM)
        process.communicate()
        self.assertEqual(process.returncode, 128 + signal.SIGTERM)
        self.assertEqual([p.name for p in self.cache.iterdir()], ["libtorch.lock"])

    def test_removes_what_a_killed_fetch_left(self):
        write_wheel(self.wheels, libtorch_files())
        (self.cache / "libtorch-2.13.0-abc.tmp" / "wheel").mkdir(parents=True)
        self.find()
        self.assertEqual(sorted(p.name for p in self.cache.iterdir()), ["libtorch-2.13.0", "libtorch.lock"])

    def test_a_second_build_waits_for_the_first_and_says_so(self):
        write_wheel(self.wheels, libtorch_files())
        slow = "import time, libtorch_fetch as f; u = f.unpack; f.unpack = lambda *a: (print('unpacking', flush=True), time.sleep(1), u(*a)); f.fetch()"
        first = self.start(slow)
        while "unpacking" not in first.stdout.readline():
            pass
        second = self.start("import libtorch_fetch as f; f.fetch()")
        output, _ = second.communicate()
        first.communicate()
        self.assertEqual((first.returncode, second.returncode), (0, 0))
        self.assertIn("Another build is fetching libtorch", output)
        self.assertNotIn("Unpacking", output)

    def start(self, code):
        process = subprocess.Popen(
            [sys.executable, "-c", code], env=dict(os.environ, PYTHONPATH=str(HERE)), stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(process.stdout.close)
        return process

    def test_says_what_was_tried_when_pip_has_no_libtorch(self):
        self.wheels.mkdir()
        self.assert_refused(self.find, "torch==2.13.0+cpu", libtorch_fetch.CPU_INDEX, "LIBTORCH")

    def test_says_how_much_room_is_missing(self):
        usage = mock.Mock(free=5 << 20)
        with mock.patch.object(shutil, "disk_usage", return_value=usage):
            self.assert_refused(self.find, "5 MiB free", "XDG_CACHE_HOME")

    def test_libtorch_named_by_the_user_comes_first(self):
        own = unpacked(self.folder / "my libtorch", (2, 11, 0))
        with mock.patch.object(libtorch, "python_torch", return_value=unpacked(self.folder / "python")):
            found, _ = self.find(own)
        self.assertEqual((found.folder, found.version_text), (own, "2.11.0"))

    def test_the_torch_of_python_comes_before_the_cache(self):
        python = unpacked(self.folder / "python")
        with mock.patch.object(libtorch, "python_torch", return_value=python):
            found, _ = self.find()
        self.assertEqual(found.folder, python)

    def test_an_old_torch_of_python_is_passed_over(self):
        write_wheel(self.wheels, libtorch_files())
        old = unpacked(self.folder / "python", (2, 6, 0))
        with mock.patch.object(libtorch, "python_torch", return_value=old), contextlib.redirect_stderr(io.StringIO()) as log:
            found, _ = self.find()
        self.assertEqual(found.folder, self.fetched)
        self.assertIn("older than 2.7", log.getvalue())

    def test_refuses_a_libtorch_older_than_2_7(self):
        old = unpacked(self.folder / "old", (2, 6, 1))
        self.assert_refused(lambda: self.find(old), old, "2.6.1", "older than 2.7", "LIBTORCH")

    def test_refuses_a_folder_without_libraries(self):
        folder = unpacked(self.folder / "other")
        shutil.rmtree(folder / "lib")
        self.assert_refused(lambda: self.find(folder), folder, "not a libtorch", "lib/libc10.so")

    def test_refuses_a_folder_without_headers(self):
        folder = unpacked(self.folder / "other")
        shutil.rmtree(folder / "include")
        self.assert_refused(lambda: self.find(folder), folder, "include/ATen")

    def test_refuses_a_folder_that_does_not_exist(self):
        self.assert_refused(lambda: self.find(self.folder / "none"), "none", "not a folder")

    def test_a_libtorch_for_cuda_without_the_headers_of_cuda_builds_for_the_cpu(self):
        folder = unpacked(self.folder / "torch")
        (folder / "lib/libtorch_cuda.so").write_bytes(b"")
        with contextlib.redirect_stderr(io.StringIO()) as log, mock.patch.dict(os.environ, {"CUDA_HOME": "/nowhere"}):
            description = libtorch.Libtorch(folder).describe_to_cmake()
        if "OFF" in description:  # unless this machine has them
            self.assertIn("set CUDA_HOME", log.getvalue())

    def test_a_libtorch_for_cuda_takes_the_headers_that_pip_put_beside_it(self):
        folder = unpacked(self.folder / "torch")
        (folder / "lib/libtorch_cuda.so").write_bytes(b"")
        runtime = self.folder / "nvidia" / "cu13" / "include"
        runtime.mkdir(parents=True)
        (runtime / "cuda_runtime_api.h").write_text("#define CUDART_VERSION  12080\n")
        with mock.patch.dict(os.environ, {"CUDA_HOME": "/nowhere"}):
            self.assertIn("Libtorch_CUDA [==[ON]==]", libtorch.Libtorch(folder).describe_to_cmake())
        self.assertEqual("cu128", libtorch.Libtorch(folder).variant([runtime]))

    def test_the_variant_is_the_one_that_libtorch_states(self):
        folder = unpacked(self.folder / "torch")
        (folder / "version.py").write_text("__version__ = '2.13.0+cu130'\n")
        headers = self.folder / "include"
        self.assertEqual("cu130", libtorch.Libtorch(folder).variant([headers]))
        self.assertEqual("cpu", libtorch.Libtorch(folder).variant([]))

    def test_shows_progress_in_lines_where_there_is_no_terminal(self):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            with libtorch_fetch.Progress("Fetching", 100, lambda: 50, period=0.01):
                time.sleep(0.1)
        self.assertTrue(output.getvalue().startswith("Fetching (100 MB)\nFetching: 50 %\n"))


if __name__ == "__main__":
    unittest.main()
