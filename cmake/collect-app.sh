#!/bin/sh
# Puts the jars that the launcher starts into APP/lib and marks the build as done: collect-app.sh JAR LIBRARIES APP BINDINGS
#
# BINDINGS is the folder with the bindings and their native jar. A jar that differs is replaced by renaming, so that a training that runs meanwhile keeps the one it has open.
set -e
jar=$1 libraries=$2 app=$3 bindings=$4

python3 -B "$(dirname "$0")/stable_jar.py" "$jar"
mkdir -p "$app/lib"
rm -f "$libraries"/gradus-torch-*.jar
cp -p "$jar" "$bindings"/gradus-torch-*.jar "$libraries/"
for old in "$app"/lib/*; do
    [ -e "$libraries/$(basename "$old")" ] || rm -f "$old"
done
for new in "$libraries"/*; do
    name=$(basename "$new")
    cmp -s "$new" "$app/lib/$name" && continue
    cp -p "$new" "$app/$name.new"
    mv "$app/$name.new" "$app/lib/$name"
done

# The archive only makes the start quicker, so nothing depends on it.
rm -f "$app/gradus.jsa"
sh "$(dirname "$0")/java.sh" "-XX:ArchiveClassesAtExit=$app/gradus.jsa" -XX:+UseSerialGC \
    --enable-native-access=dev.gradus.torch --module-path "$app/lib" --module dev.gradus.cli/dev.gradus.cli.Main --help \
    >"$app/archive.log" 2>&1 || rm -f "$app/gradus.jsa"
touch "$app/built"
