#!/bin/bash -p
# Writes a word to each stream, stderr first as it is not buffered, and ends with a status.
printf '%s\n' "${2-STDERR}" >&2
printf '%s\n' "${1-STDOUT}"
exit "${3-0}"
