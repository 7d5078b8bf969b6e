"""Packs the bindings: the stable form of the Java jar, the native jar, and a folder with both and what they need.

    python3 cmake/package_bindings.py TARGET NAME [--publish]

TARGET is Maven's folder of the module, NAME its name and version: TARGET/NAME.jar, which has no native library, exists.
Written are TARGET/NAME-CLASSIFIER.jar with the native library, where CLASSIFIER is such as
linux-x86_64-libtorch2.13.0-cpu, and both in TARGET/lib, which holds the libraries that they need already. With
--publish the native jar does not tell the folder of the libtorch that it was built with.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

import stable_jar

HERE = pathlib.Path(__file__).resolve().parent
NATIVE = "dev/gradus/torch/native"
MODULE = """
/** The native library of Gradus for one platform and one libtorch. */
module {package} {{
    requires dev.gradus.torch;

    provides dev.gradus.torch.NativeFiles with {package}.Files;
}}
"""
FILES = """
package {package};

/** Tells where the files of this jar are. */
public final class Files implements dev.gradus.torch.NativeFiles {{
    /** For the service loader. */
    public Files() {{}}

    @Override
    public java.net.URL file(String name) {{
        return Files.class.getResource(name);
    }}
}}
"""
MANIFEST = "Manifest-Version: 1.0\r\nImplementation-Title: Gradus native library\r\n\r\n"


def main():
    parser = argparse.ArgumentParser(description="Packs the bindings.")
    parser.add_argument("target", type=pathlib.Path)
    parser.add_argument("name")
    parser.add_argument("--publish", action="store_true", help="make a native jar for other machines")
    parser.add_argument("--local", dest="publish", action="store_false", help="make one for this machine")
    options = parser.parse_args()
    jar = options.target / f"{options.name}.jar"
    stable_jar.main([jar])

    (folder,) = (file.parent for file in (options.target / "classes" / NATIVE).glob("*/build.properties"))
    native, classifier = native_files(options.target, folder, options.publish)
    for old in [*options.target.glob(f"{options.name}-*-libtorch*.jar"), *(options.target / "lib").glob("gradus-torch-*.jar")]:
        old.unlink()
    native_jar = options.target / f"{options.name}-{classifier}.jar"
    stable_jar.write(native_jar, native)
    for made in (jar, native_jar):
        shutil.copy2(made, options.target / "lib")


def run_tool(module, options):
    """Runs a tool of the JDK that the launcher finds."""
    subprocess.run(["sh", str(HERE / "java.sh"), "-XX:TieredStopAtLevel=1", "--module", module, *options], check=True)


def native_files(target, folder, publish):
    """The content of the native jar, and its classifier."""
    lines = (folder / "build.properties").read_text().splitlines()
    properties = dict(line.split("=", 1) for line in lines)
    if publish:
        lines = [line for line in lines if not line.startswith("libtorch=")]
    package = "dev.gradus.torch.natives." + properties["classifier"].replace("-", "_").replace(".", "_")
    path = package.replace(".", "/")
    files = {
        "META-INF/MANIFEST.MF": MANIFEST.encode(),
        "META-INF/services/dev.gradus.torch.NativeFiles": f"{package}.Files\n".encode(),
        f"{path}/build.properties": "".join(f"{line}\n" for line in lines).encode(),
        f"{path}/libgradus_torch.so": (folder / "libgradus_torch.so").read_bytes(),
    }
    files.update(compiled(target, package))
    return files, properties["classifier"]


def compiled(target, package):
    """The two classes of the native jar, compiled against those of the bindings."""
    with tempfile.TemporaryDirectory() as work:
        sources, classes = pathlib.Path(work, "sources"), pathlib.Path(work, "classes")
        sources.mkdir()
        for name, text in (("module-info", MODULE), ("Files", FILES)):
            (sources / f"{name}.java").write_text(text.format(package=package))
        path = f"{target / 'classes'}:{target / 'lib'}"
        options = ["--release", "22", "-Xlint:none", "-nowarn", "--module-path", path, "-d", str(classes)]
        run_tool("jdk.compiler/com.sun.tools.javac.Main", [*options, *map(str, sources.glob("*.java"))])
        return stable_jar.content(classes, "*.class")


if __name__ == "__main__":
    sys.exit(main())
