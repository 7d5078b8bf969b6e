#!/bin/sh
# Tests of the launcher's way to a JDK and of the message about missing tools. ctest runs it: sh launcher_test.sh

here=$(cd "$(dirname "$0")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
work=$(mktemp -d "${TMPDIR:-/tmp}/launcher test.XXXXXX")
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# Runs the rest of the line and compares what it prints.
expect() { # NAME EXPECTED COMMAND...
    name=$1 expected=$2
    shift 2
    actual=$("$@" 2>&1)
    if [ "$actual" = "$expected" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n  expected: %s\n  actual:   %s\n' "$name" "$expected" "$actual"
    fi
}

fake_jdk() { # FOLDER VERSION
    mkdir -p "$1/bin"
    printf '#!/bin/sh\necho "started %s: $*"\n' "$2" >"$1/bin/java"
    cp "$1/bin/java" "$1/bin/javac"
    chmod +x "$1/bin/java" "$1/bin/javac"
    echo "JAVA_VERSION=\"$2\"" >"$1/release"
}

# A PATH with nothing but the named tools.
tools() { # FOLDER TOOL...
    folder=$1
    mkdir -p "$folder"
    shift
    for tool in "$@"; do
        real=$(command -v "$tool") && ln -sf "$real" "$folder/$tool"
    done
}
basic="sh sed dirname readlink cat head find mkdir cp rm ln chmod touch"

found_jdk() { # with HOME and PATH of the test
    (
        . "$root/cmake/jdk.sh"
        # Only what the test laid out, not what this machine has.
        jdk_folders_of_maven() { for jdk in "$HOME"/.jdks/*; do printf '%s\n' "$jdk"; done; }
        jdk_folders_elsewhere() { for jdk in "$HOME"/opt/*; do printf '%s\n' "$jdk"; done; }
        find_jdk
        printf '%s\n' "$JDK"
    )
}

HOME=$work/home
export HOME
mkdir -p "$HOME"
unset JAVA_HOME JDK_HOME LIBTORCH CXX
plain=$PATH
# shellcheck disable=SC2086
tools "$work/basic" $basic
PATH=$work/basic

expect "nothing is found where there is no JDK" "" found_jdk
fake_jdk "$HOME/opt/jdk-24" 24.0.2
expect "a JDK in an unusual folder is found" "$HOME/opt/jdk-24" found_jdk
fake_jdk "$HOME/.jdks/jdk-21" 21.0.4
expect "an old JDK is passed over" "$HOME/opt/jdk-24" found_jdk
fake_jdk "$HOME/.jdks/jdk 22" 22
expect "a usual folder comes before an unusual one" "$HOME/.jdks/jdk 22" found_jdk
fake_jdk "$HOME/.jdks/jdk-25" 25.0.1
expect "the newest is taken" "$HOME/.jdks/jdk-25" found_jdk
fake_jdk "$HOME/other/jdk-23" 23.0.1
ln -s "$HOME/other/jdk-23/bin/java" "$work/basic/java"
expect "the java on PATH comes before the folders, through a link" "$HOME/other/jdk-23" found_jdk
JAVA_HOME="$HOME/opt/jdk-24"
expect "JAVA_HOME comes first" "$HOME/opt/jdk-24" found_jdk
JAVA_HOME="$HOME/.jdks/jdk-21"
expect "a JAVA_HOME that is too old is passed over" "$HOME/other/jdk-23" found_jdk
rm "$HOME/other/jdk-23/bin/javac"
unset JAVA_HOME
expect "a Java without a compiler is passed over" "$HOME/.jdks/jdk-25" found_jdk
fake_jdk "$HOME/.jdks/jdk-8" 1.8.0_402
JAVA_HOME="$HOME/.jdks/jdk-8"
expect "1.8 is not 18 or 80" "$HOME/.jdks/jdk-25" found_jdk
rm "$work/basic/java"

# A copy of the launcher with a finished build.
copy="$work/a copy/of gradus"
mkdir -p "$copy/cmake" "$copy/cli/target/app" "$copy/bindings/target/classes/dev/gradus/torch/native/linux-x86_64" "$copy/src"
cp "$root/gradus" "$copy/"
cp "$root/cmake/jdk.sh" "$root/cmake/check-tools.sh" "$copy/cmake/"
echo "libtorch=$work" >"$copy/bindings/target/classes/dev/gradus/torch/native/linux-x86_64/build.properties"
touch "$copy/pom.xml" "$copy/cli/target/app/built"
JAVA_HOME="$HOME/.jdks/jdk-25"
export JAVA_HOME
last_words() { "$@" 2>&1 | sed 's/.*dev.gradus.cli.Main/Main/'; }
expect "a finished build starts without Maven" "Main train --steps 3" last_words "$copy/gradus" train --steps 3
ln -s "$copy/gradus" "$work/link"
expect "a link to the launcher works, from another folder" "Main --set a=b c" last_words "$work/link" --set "a=b c"

touch -d '+1 minute' "$copy/pom.xml"
expect "everything missing is named at once" "error: to build Gradus this machine lacks:
  - Maven 3.8 or newer (mvn)
  - CMake 3.22 or newer (cmake)
  - a C++20 compiler (g++)
  - make or ninja
  - Python 3 with pip (python3)
On Debian or Ubuntu: apt-get install maven cmake g++ make python3 python3-pip" "$copy/gradus" --help

cat >"$work/basic/python3" <<'PYTHON'
#!/bin/sh
exit 1
PYTHON
for tool in mvn cmake g++ make python3; do
    [ -e "$work/basic/$tool" ] || cp "$work/basic/python3" "$work/basic/$tool"
    chmod +x "$work/basic/$tool"
done
expect "a Python without pip is named" "error: to build Gradus this machine lacks:
  - pip for Python 3, which fetches libtorch
On Debian or Ubuntu: apt-get install python3-pip" "$copy/gradus" --help

"$copy/gradus" --help >/dev/null 2>&1
expect "the exit code is 1 then" 1 echo $?
PATH=$plain

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
