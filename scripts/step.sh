#!/usr/bin/env bash
# step.sh NAME COMMAND…: says what is checked now; the command's own lines come last.
set -euo pipefail
printf '\n== %s · %(%H:%M:%S)T\n' "$1" -1
shift
exec "$@"
