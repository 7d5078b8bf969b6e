#!/bin/sh
# Runs a command for Maven and leaves the file MARKER when it fails, so that the next plugin ends the build in one
# line: the plugin that runs commands would print a stack trace.
#
#   sh cmake/run-step.sh MARKER COMMAND...

marker=$1
shift
mkdir -p "$(dirname "$marker")"
rm -f "$marker"
"$@" || echo "exit code $?" >"$marker"
