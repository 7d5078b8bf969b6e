#!/bin/sh
# Tells in one message everything that the build needs and this machine lacks; exit code 1 then.
#
#   sh cmake/check-tools.sh            for the launcher, which hands the JDK that it found to Maven
#   sh cmake/check-tools.sh --maven    from within Maven, which finds the JDK itself

here=$(cd "$(dirname "$0")" && pwd)
. "$here/jdk.sh"

missing= packages= advice=
lacks() { # NAME PACKAGE
    missing="$missing
  - $1"
    packages="$packages $2"
}
has() { command -v "$1" >/dev/null 2>&1; }

has mvn || lacks "Maven 3.8 or newer (mvn)" maven
has cmake || lacks "CMake 3.22 or newer (cmake)" cmake
has "${CXX:-c++}" || has g++ || has clang++ || lacks "a C++20 compiler (g++)" g++
has make || has ninja || lacks "make or ninja" make
if ! has python3; then
    lacks "Python 3 with pip (python3)" "python3 python3-pip"
elif [ -z "${LIBTORCH:-}" ] && ! python3 -m pip --version >/dev/null 2>&1; then
    lacks "pip for Python 3, which fetches libtorch" python3-pip
fi

find_jdk
if [ -z "$JDK" ]; then
    missing="$missing
  - a JDK of version $JDK_OLDEST or newer"
    advice="
For the JDK: apt-get install openjdk-25-jdk where the system has it, or unpack one of any vendor below /usr/lib/jvm
or anywhere and set JAVA_HOME to its folder."
elif [ "${1:-}" = --maven ] && ! is_new_jdk "${JAVA_HOME:-}" && ! is_new_jdk "$(jdk_on_path)" \
    && [ -z "$(jdk_folders_of_maven | newest_jdk)" ]; then
    echo "error: the JDK in $JDK is where Maven does not look. Start Maven with it: JAVA_HOME='$JDK' mvn verify" >&2
    exit 1
fi

[ -n "$missing" ] || exit 0
{
    echo "error: to build Gradus this machine lacks:$missing"
    [ -z "$packages" ] || echo "On Debian or Ubuntu: apt-get install$packages"
    [ -z "$advice" ] || echo "${advice#?}"
} >&2
exit 1
