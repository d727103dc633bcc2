#!/bin/bash -p
# Prints its arguments as Python 2 writes a list of byte strings.
LC_ALL=C
list=
for word; do
  quote="'"
  [[ $word == *"'"* && $word != *'"'* ]] && quote='"'
  text=
  for ((at = 0; at < ${#word}; at++)); do
    byte=${word:at:1}
    case $byte in
      "\\") text+='\\' ;;
      $'\n') text+='\n' ;;
      $'\t') text+='\t' ;;
      $'\r') text+='\r' ;;
      "$quote") text+="\\$byte" ;;
      [\ -~]) text+=$byte ;;
      *)
        printf -v number %d "'$byte"
        printf -v byte '\\x%02x' $((number & 255))
        text+=$byte
        ;;
    esac
  done
  list+="${list:+, }$quote$text$quote"
done
printf '[%s]\n' "$list"
