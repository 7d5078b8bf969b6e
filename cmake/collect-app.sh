#!/bin/sh
# Puts the application's jar beside the jars it needs and marks the build as done: collect-app.sh JAR FOLDER
set -e
cp -p "$1" "$2/lib/"
rm -f "$2/gradus.jsa"
touch "$2/built"
