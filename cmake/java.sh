#!/bin/sh
# Runs java of the JDK that the launcher finds: java.sh ARGUMENTS...
#
# For Maven's steps. The java on PATH may be too old for our classes even where Maven itself runs on a new one.

. "$(dirname "$0")/jdk.sh"
find_jdk
exec "$JDK/bin/java" "$@"
