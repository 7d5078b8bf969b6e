"""Packs the sources and the Javadoc of a module, each into a jar, as they are published.

    python3 cmake/package_documents.py TARGET NAME MODULE

TARGET is Maven's folder of the module, with the jars that it needs in TARGET/libraries; written are
TARGET/NAME-sources.jar and TARGET/NAME-javadoc.jar. The Javadoc must be free of warnings. (Maven's own plugin reads our
classes with the Java that runs Maven, which may be older than they are.)
"""
import pathlib
import subprocess
import sys
import tempfile

import stable_jar

HERE = pathlib.Path(__file__).resolve().parent
PLAIN = {"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\r\n\r\n"}


def main():
    target, name, module = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    sources = target.parent / "src/main/java"
    files = {**stable_jar.content(sources, "*.java"), **stable_jar.content(target.parent / "src/main/resources", "*")}
    stable_jar.write(target / f"{name}-sources.jar", {**PLAIN, **files})
    with tempfile.TemporaryDirectory() as work:
        options = ["-quiet", "-notimestamp", "-Xdoclint:all,-missing", "-Werror", "--release", "22", "-encoding", "UTF-8"]
        options += ["--module-path", str(target / "libraries"), "--module", module, "-d", work]
        options += ["--module-source-path", f"{module}={sources}"]
        command = ["sh", str(HERE / "java.sh"), "-XX:TieredStopAtLevel=1", "--module", "jdk.javadoc/jdk.javadoc.internal.tool.Main"]
        subprocess.run([*command, *options], check=True)
        files = stable_jar.content(pathlib.Path(work), "*")
    stable_jar.write(target / f"{name}-javadoc.jar", {**PLAIN, **files})


if __name__ == "__main__":
    main()
