#!/bin/sh
# Shows that the commit checked out here gives the same bytes wherever it is built: builds the jars that are published
# twice, from two clones in two folders, and compares them. Takes twice the time of a build from nothing.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for name in first second; do
    git clone -q "$root" "$work/$name"
    (cd "$work/$name" && mvn -q -B -ntp -Prelease -DskipTests -pl bindings -am package)
done
different=0 same=0
for jar in "$work"/first/bindings/target/*.jar; do
    name=$(basename "$jar")
    if cmp "$jar" "$work/second/bindings/target/$name"; then
        same=$((same + 1))
        echo "same      $(sha256sum "$jar" | cut -c 1-16)  $name"
    else
        different=$((different + 1))
        echo "DIFFERENT $name"
    fi
done
[ "$different" = 0 ] && [ "$same" -ge 4 ]
