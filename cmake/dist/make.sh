#!/bin/sh
# Makes the distribution for Linux on x86-64, a folder and a tar of it: make.sh LIBRARIES TARGET VERSION
#
# LIBRARIES is the folder with all jars. A Java runtime with the modules that they need goes in, and the sources of the native
# library; libtorch does not.
set -e
libraries=$1 target=$2 edition=$3
source=$(cd "$(dirname "$0")/../.." && pwd -P)
. "$source/cmake/jdk.sh"
find_jdk
name=gradus-$edition-linux-x86_64
root=$target/$name

rm -rf "$root" "$target/$name.tar.xz"
mkdir -p "$root/bin" "$root/lib/jars" "$root/cmake" "$root/native" "$root/share/man/man1" "$root/share/bash-completion/completions" "$root/share/zsh/site-functions"
for jar in "$libraries"/*.jar; do
    case $jar in
        *-linux-x86_64-libtorch*) ;;
        *) cp "$jar" "$root/lib/jars/" ;;
    esac
done

# Uncompressed: it starts faster, and the tar is smaller.
"$JDK/bin/jlink" --output "$root/lib/runtime" --strip-debug --no-header-files --no-man-pages --compress zip-0 --generate-cds-archive \
    --add-modules "java.base,java.compiler,java.desktop,java.logging,java.management,java.naming,java.net.http,java.rmi,java.scripting,java.sql,java.xml,jdk.crypto.ec,jdk.httpserver,jdk.unsupported"
rm -f "$root/lib/runtime/lib/server/classes_nocoops.jsa"

for part in CMakeLists.txt exports.map include kernels src; do
    cp -R "$source/native/$part" "$root/native/"
done
cp "$source"/cmake/*.cmake "$source/cmake/libtorch.py" "$source/cmake/libtorch_fetch.py" "$source/cmake/build_native.py" "$root/cmake/"
cp "$source/LICENSE" "$source/README.md" "$target/THIRD-PARTY.txt" "$target/bom.json" "$root/"
sed "s/@VERSION@/$edition/" "$source/cmake/dist/gradus" >"$root/bin/gradus"
chmod +x "$root/bin/gradus"

cp "$target"/man/gradus*.1 "$root/share/man/man1/"
completion=$root/share/bash-completion/completions/gradus
"$root/bin/gradus" generate-completion >"$completion"
# zsh reads scripts of bash.
{
    echo '#compdef gradus'
    echo 'autoload -U +X bashcompinit && bashcompinit'
    cat "$completion"
} >"$root/share/zsh/site-functions/_gradus"

# In the order of names, with the time of the commit, of nobody: the same commit gives the same tar.
time=$(git -C "$source" log -1 --format=%ct 2>/dev/null || echo 0)
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$time" -C "$target" -cf - "$name" | xz -T0 -6 >"$target/$name.tar.xz.new"
mv "$target/$name.tar.xz.new" "$target/$name.tar.xz"
bytes=$(wc -c <"$target/$name.tar.xz")
echo "$target/$name.tar.xz: $((bytes / 1048576)) MiB"
[ "$bytes" -le $((45 * 1048576)) ] || { echo "error: it is larger than 45 MiB" >&2; exit 1; }
