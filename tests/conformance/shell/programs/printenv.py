#!/bin/bash -p
# Prints what the environment has for each name, or None.
for name; do
  printf '%s\n' "${!name-None}"
done
