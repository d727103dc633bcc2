#!/bin/bash -p
# Reads from each descriptor that it is given and prints what came.
for descriptor; do
  if ! { : <&"$descriptor"; } 2>/dev/null; then
    echo "FATAL: Error reading from fd $descriptor" >&2
    exit 1
  fi
  printf '%s: ' "$descriptor"
  head -c 1024 <&"$descriptor"
done
