#!/bin/sh
# Tests the command of the distribution with a Java that only says how it was called.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/d/bin" "$work/d/lib/runtime/bin" "$work/d/lib/jars" "$work/home" "$work/tools"
sed 's/@VERSION@/9.9/' "$here/../dist/gradus" >"$work/d/bin/gradus"
printf '#!/bin/sh\necho java "$@"\n' >"$work/d/lib/runtime/bin/java"
chmod +x "$work/d/bin/gradus" "$work/d/lib/runtime/bin/java"
for tool in sh dirname readlink cksum cut; do
    ln -s "$(command -v $tool)" "$work/tools/$tool"
done

fails=0
check() { # NAME EXPECTED-CODE PATTERN ARGUMENTS...
    name=$1 code=$2 pattern=$3
    shift 3
    found=0
    output=$(env -i HOME="$work/home" PATH="$work/tools" "$work/d/bin/gradus" "$@" 2>&1) || found=$?
    if [ "$found" != "$code" ] || ! printf '%s\n' "$output" | grep -q -- "$pattern"; then
        echo "FAILED: $name: code $found, output: $output" >&2
        fails=$((fails + 1))
    fi
}

check "help needs no native library" 0 'TieredStopAtLevel=1.*Main --help$' --help
check "nothing at all is help, too" 0 'TieredStopAtLevel=1.*Main$'
check "a command says what to do first" 1 'the native library is not built yet; run: gradus setup' sample --run x
check "setup names all that is missing" 1 'not here: cmake c++ python3 make; .*apt-get install' setup
check "setup explains itself" 0 'Usage: gradus setup' setup --help

place=$(printf '%s' "$(cd "$work/d" && pwd -P)" | cksum | cut -d ' ' -f 1)
mkdir -p "$work/home/.cache/gradus/native/9.9-$place/lib"
: >"$work/home/.cache/gradus/native/9.9-$place/lib/libgradus_torch.so"
check "a command runs with the library" 0 "gradus.native=$work/home/.cache/gradus/native/9.9-.*Main sample --run a b\$" sample --run "a b"
ln -s "$work/d/bin/gradus" "$work/link"
output=$(env -i HOME="$work/home" PATH="$work/tools" "$work/link" sample)
case $output in
    *"$work/d/lib/jars"*) ;;
    *) echo "FAILED: a link to the command: $output" >&2; fails=$((fails + 1)) ;;
esac
exit "$fails"
